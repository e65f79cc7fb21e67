using Gateway.Conversations.Events;
using Gateway.Primitives;
using Gateway.Primitives.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Recorded;

/// <summary>Reads from a recording what happened in one conversation. Pure but for reading the stores.</summary>
internal static class RecordedScriptReader
{
    // Frames without an id go to all clients at once; this far apart they are two.
    private static readonly TimeSpan s_oneSending = TimeSpan.FromSeconds(2);

    public static RecordedScript Read(RecordedFile file, string conversationId)
    {
        var sessions = file.Sessions.Where(session => session.Parameter("conversation_id") == conversationId).OrderBy(static session => session.Opening.Started).ToList();
        var before = file.ReadStore("store", conversationId);
        var head = before.Count > 0 ? before.Keys.Max() : -1;
        var log = file.ReadStore("store-after", conversationId);
        foreach (var (id, json) in before)
        {
            log.TryAdd(id, json);
        }

        var restarts = file.Sessions.Select(static session => session.WebSocket?.Close).OfType<HarClose>().Where(static close => close is { ByClient: false, Code: 1012 })
            .Select(static close => close.Time ?? default).Order().ToList();

        // Several connections may end with the one restart.
        restarts = [.. restarts.Where((restart, index) => index == 0 || sessions.Exists(session => session.Opening.Started > restarts[index - 1] && session.Opening.Started < restart))];
        var runs = sessions.Select(session => new RecordedRun(session, Life(session, restarts))).ToList();
        if (file.ReadStore("store-after", conversationId).Count == 0)
        {
            AddFromWire(log, runs);
            FillGaps(log, head);
        }

        return new RecordedScript(Events(log, head, sessions), Notices(runs), Histories(runs, head, restarts.Count + 1));
    }

    private static int Life(SocketRecording session, List<DateTimeOffset> restarts) => restarts.Count(restart => session.Opening.Started > restart);

    // What a replay gave is as it is stored, and goes before what was seen live.
    private static void AddFromWire(SortedDictionary<int, JObject> log, List<RecordedRun> runs)
    {
        foreach (var (id, json, inReplay) in runs.SelectMany(static run => run.Events)
            .OrderByDescending(static seen => seen.InReplay)
            .ThenByDescending(static seen => seen.Json.TextOf("source") == "environment"))
        {
            var stored = (JObject)json.DeepClone();
            if (!inReplay && json.TextOf("observation") is "agent_state_changed" or "recall")
            {
                // Live, these of the environment say that they are the agent's.
                stored["source"] = "environment";
            }

            log.TryAdd(id, stored);
        }
    }

    // An id that was never on the wire is an event that is never sent. An event that is never sent takes its place, so that the ids go on as they did.
    private static void FillGaps(SortedDictionary<int, JObject> log, int head)
    {
        var last = log.Count > 0 ? log.Keys.Max() : -1;
        for (var id = head + 1; id < last; id++)
        {
            log.TryAdd(id, new JObject { ["source"] = "environment", ["message"] = "No action", ["action"] = "null", ["args"] = new JObject() });
        }
    }

    private static List<RecordedEvent> Events(SortedDictionary<int, JObject> log, int head, List<SocketRecording> sessions)
    {
        var fromClients = new HashSet<int>();
        var candidates = log.Where(pair => pair.Key > head && Source(pair.Value) == EventSource.User && pair.Value.TextOf("action") != "recall").ToList();
        foreach (var action in SentActions(sessions))
        {
            var index = candidates.FindIndex(stored => RecordedScript.IsSame(stored.Value, action));
            if (index >= 0)
            {
                fromClients.Add(candidates[index].Key);
                candidates.RemoveAt(index);
            }
        }

        return [.. log.Select(pair => new RecordedEvent(pair.Key, pair.Value, Source(pair.Value), fromClients.Contains(pair.Key)))];
    }

    private static IEnumerable<JObject> SentActions(List<SocketRecording> sessions) => sessions
        .SelectMany(static session => session.Frames)
        .Where(static frame => frame is { FromClient: true, IsBinary: false } && frame.Text.StartsWith("42", StringComparison.Ordinal))
        .OrderBy(static frame => frame.Time)
        .Select(static frame => RecordedRun.ArrayOf(frame.Text))
        .Where(static array => array is { Count: > 1 } && array[0] is JValue { Value: "oh_user_action" or "oh_action" })
        .Select(static array => array?[1])
        .OfType<JObject>();

    private static List<RecordedNotice> Notices(List<RecordedRun> runs)
    {
        var merged = new List<(RunNotice Notice, int Life, HashSet<RecordedRun> Receivers)>();
        var all = runs.SelectMany(static run => run.Notices.Select(notice => (run, notice))).OrderBy(static one => one.notice.Time);
        foreach (var (run, notice) in all)
        {
            var same = merged.Find(other => !other.Receivers.Contains(run) && notice.Time - other.Notice.Time < s_oneSending && JToken.DeepEquals(other.Notice.Json, notice.Json));
            if (same.Receivers is null)
            {
                merged.Add((notice, run.Life, [run]));
            }
            else
            {
                same.Receivers.Add(run);
            }
        }

        return [.. merged.Select(one => new RecordedNotice(
            one.Notice.AfterId,
            one.Notice.Json,
            one.Receivers.Count,
            runs.Count(run => run.Life == one.Life && run.Joined <= one.Notice.Time),
            one.Life))];
    }

    private static List<int> Histories(List<RecordedRun> runs, int head, int lives)
    {
        var histories = new List<int>();
        for (var life = 0; life < lives; life++)
        {
            var first = runs.Find(run => run.Life == life);
            var known = life == 0 ? head : runs.Where(run => run.Life < life).SelectMany(static run => run.Events).Select(static seen => seen.Id).DefaultIfEmpty(head).Max();
            histories.Add(Math.Max(known, first?.ReplayedThrough ?? -1));
        }

        return histories;
    }

    private static EventSource Source(JObject json) => json.TextOf("source") switch
    {
        "user" => EventSource.User,
        "environment" => EventSource.Environment,
        _ => EventSource.Agent,
    };
}

internal readonly record struct RunNotice(DateTimeOffset Time, int AfterId, JObject Json);

/// <summary>One recorded connection, as the script reads it. Immutable once made.</summary>
internal sealed class RecordedRun
{
    public RecordedRun(SocketRecording session, int life)
    {
        Life = life;
        var (answered, newest) = (false, -1);
        foreach (var frame in session.Frames.Where(static frame => frame is { FromClient: false, IsBinary: false }))
        {
            var isJoin = frame.Text.StartsWith("40", StringComparison.Ordinal) && !frame.Text.StartsWith("40/", StringComparison.Ordinal);
            Joined ??= isJoin ? frame.Time : null;
            answered |= isJoin || frame.Text.StartsWith("44", StringComparison.Ordinal);
            if (!frame.Text.StartsWith("42", StringComparison.Ordinal) || ArrayOf(frame.Text) is not { Count: > 1 } array || array[1] is not JObject json)
            {
                continue;
            }

            if (json["id"] is JValue { Value: long and >= 0 and <= int.MaxValue } id)
            {
                Events.Add(((int)id, json, !answered));
                ReplayedThrough = answered ? ReplayedThrough : Math.Max(ReplayedThrough, (int)id);
                newest = answered ? Math.Max(newest, (int)id) : newest;
            }
            else if (IsOfAgent(json))
            {
                Notices.Add(new RunNotice(frame.Time, newest, json));
            }
        }
    }

    public int Life { get; }

    public List<(int Id, JObject Json, bool InReplay)> Events { get; } = [];

    public List<RunNotice> Notices { get; } = [];

    public int ReplayedThrough { get; } = -1;

    /// <summary>When its CONNECT was answered well; null when it was not.</summary>
    public DateTimeOffset? Joined { get; }

    public static JArray? ArrayOf(string frame)
    {
        var start = frame.IndexOf('[', StringComparison.Ordinal);
        return start < 0 || frame.AsSpan(2, start - 2).ContainsAnyExceptInRange('0', '9') ? null : JsonAccess.ParseText(frame[start..]) as JArray;
    }

    // Errors, and that there are too many conversations, are said by the server itself.
    private static bool IsOfAgent(JObject json) => json["status_update"] is not null && json.TextOf("id") != "AGENT_ERROR$TOO_MANY_CONVERSATIONS";
}
