using Gateway.Conversations.Events;
using Gateway.Primitives.Json;
using Gateway.Tools.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.RecordedAgent;

/// <summary>Reads from a recording what happened in one conversation. Pure but for reading the stores.</summary>
internal static class RecordedScriptReader
{
    // Frames without an id go to all clients at once; this far apart they are two.
    private static readonly TimeSpan s_oneSending = TimeSpan.FromSeconds(2);

    public static RecordedScript Read(RecordedFile file, string conversationId, ScriptScope scope)
    {
        var sessions = file.Sessions
            .Where(session => session.Parameter("conversation_id") == conversationId)
            .OrderBy(static session => session.Opening.Started)
            .ToList();
        var before = file.ReadStore("store", conversationId);
        var head = before.Count > 0 ? before.Keys.Max() : -1;
        var log = file.ReadStore("store-after", conversationId);
        var isComplete = log.Count > 0;
        foreach (var (id, json) in before)
        {
            log.TryAdd(id, json);
        }

        var restarts = scope.WithRestarts ? file.Restarts : [];
        var ends = scope.WithRest ? file.Calls.Ends.Where(end => end.ConversationId == conversationId).Select(static end => end.Time) : [];
        var boundaries = restarts.Select(static time => (Time: time, IsRestart: true))
            .Concat(ends.Select(static time => (Time: time, IsRestart: false)))
            .OrderBy(static boundary => boundary.Time)
            .ToList();
        var runs = sessions
            .Select(session => new RecordedRun(session, boundaries.Count(boundary => session.Opening.Started > boundary.Time)))
            .ToList();
        IReadOnlySet<int> unknown = new HashSet<int>();
        if (!isComplete)
        {
            AddFromWire(log, runs);
            unknown = FillGaps(log, head);
        }

        var times = EventTimes.Of(log, sessions);
        var sent = scope.WithRest ? SentActions(file, conversationId, sessions) : SentActions(sessions);
        var events = Events(log, head, sent, unknown);
        var lives = Lives(runs, head, boundaries, times);
        var told = TransientMessages(runs);
        var messages = told
            .Where(message => !scope.WithRest || !IsRename(file, conversationId, message))
            .Select(static message => message.Message)
            .ToList();
        if (scope.WithRest)
        {
            messages.AddRange(UntoldTitles(file, conversationId, told, events, lives, times));
            messages = [.. messages.OrderBy(static message => message.Life).ThenBy(static message => message.AfterId)];
        }

        return new RecordedScript(events, messages, lives);
    }

    // What a replay gave is as it is stored, and goes before what was seen live.
    private static void AddFromWire(SortedDictionary<int, JObject> log, List<RecordedRun> runs)
    {
        foreach (var (id, json, inReplay) in runs.SelectMany(static run => run.Events)
            .OrderByDescending(static seen => seen.InReplay)
            .ThenByDescending(static seen => seen.Json.TextOrNull("source") == "environment"))
        {
            var stored = (JObject)json.DeepClone();
            if (!inReplay && json.TextOrNull("observation") is "agent_state_changed" or "recall")
            {
                // Live, these of the environment say that they are the agent's.
                stored["source"] = "environment";
            }

            log.TryAdd(id, stored);
        }
    }

    // An id that was never on the wire is an event that is never sent. An event that is never sent takes its place, so that the ids go on
    // as they did.
    private static HashSet<int> FillGaps(SortedDictionary<int, JObject> log, int head)
    {
        var last = log.Count > 0 ? log.Keys.Max() : -1;
        var filled = new HashSet<int>();
        for (var id = head + 1; id < last; id++)
        {
            if (log.TryAdd(id, new JObject
            {
                ["source"] = "environment",
                ["message"] = "No action",
                ["action"] = "null",
                ["args"] = new JObject()
            }))
            {
                filled.Add(id);
            }
        }

        return filled;
    }

    private static List<RecordedEvent> Events(
        SortedDictionary<int, JObject> log, int head, IEnumerable<JObject> sent, IReadOnlySet<int> unknown)
    {
        var fromClients = new HashSet<int>();
        var first = -1;
        var candidates = log.Where(pair =>
            pair.Key > head && Source(pair.Value) == EventSource.User && pair.Value.TextOrNull("action") != "recall").ToList();
        foreach (var action in sent)
        {
            // What a task or a picture becomes is the server's affair: it is the first message, whatever it says.
            var index = candidates.FindIndex(stored => action.Count == 0
                ? stored.Value.TextOrNull("action") == "message"
                : RecordedScript.IsSame(stored.Value, action));
            if (index >= 0)
            {
                first = action.Count == 0 ? candidates[index].Key : first;
                fromClients.Add(candidates[index].Key);
                candidates.RemoveAt(index);
            }
        }

        return
        [
            .. log.Select(pair => new RecordedEvent(pair.Key, pair.Value, Source(pair.Value), fromClients.Contains(pair.Key))
            {
                IsUnknown = unknown.Contains(pair.Key),
                IsFirstMessage = pair.Key == first,
            }),
        ];
    }

    // By socket and by REST, in the order of time; the message that a conversation was made with stands first, empty.
    private static IEnumerable<JObject> SentActions(RecordedFile file, string conversationId, List<SocketRecording> sessions)
    {
        var first = file.Calls.Created
            .Where(created => created.Id == conversationId && created.HasMessage)
            .Select(static _ => new JObject());
        var called = file.Calls.Actions.Where(call => call.ConversationId == conversationId).Select(static call => call.What);
        return first.Concat(SentActions(sessions)).Concat(called);
    }

    private static IEnumerable<JObject> SentActions(List<SocketRecording> sessions) => sessions
        .SelectMany(static session => session.Frames)
        .Where(static frame => frame is { FromClient: true, IsBinary: false } && frame.Text.StartsWith("42", StringComparison.Ordinal))
        .OrderBy(static frame => frame.Time)
        .Select(static frame => RecordedRun.ArrayOf(frame.Text))
        .Where(static array => array is { Count: > 1 } && array[0] is JValue { Value: "oh_user_action" or "oh_action" })
        .Select(static array => array?[1])
        .OfType<JObject>();

    private static List<(DateTimeOffset Time, RecordedTransientMessage Message)> TransientMessages(List<RecordedRun> runs)
    {
        var merged = new List<(RunTransientMessage TransientMessage, int Life, HashSet<RecordedRun> Receivers)>();
        var all = runs
            .SelectMany(static run => run.TransientMessages.Select(transientMessage => (run, transientMessage)))
            .OrderBy(static one => one.transientMessage.Time);
        foreach (var (run, transientMessage) in all)
        {
            var same = merged.Find(other =>
                !other.Receivers.Contains(run)
                    && transientMessage.Time - other.TransientMessage.Time < s_oneSending
                    && JToken.DeepEquals(other.TransientMessage.Json, transientMessage.Json));
            if (same.Receivers is null)
            {
                merged.Add((transientMessage, run.Life, [run]));
            }
            else
            {
                same.Receivers.Add(run);
            }
        }

        return [.. merged.Select(one => (one.TransientMessage.Time, new RecordedTransientMessage(
            one.TransientMessage.AfterId,
            one.TransientMessage.Json,
            one.Receivers.Count,
            runs.Count(run => run.Life == one.Life && run.Joined <= one.TransientMessage.Time),
            one.Life)))];
    }

    // The server tells of a name that a call gave by itself, then and now.
    private static bool IsRename(RecordedFile file, string conversationId, (DateTimeOffset Time, RecordedTransientMessage Message) told) =>
        told.Message.Title is { } title
        && file.Calls.Renames.Any(call => call.ConversationId == conversationId
            && call.What == title
            && told.Time > call.Time - s_oneSending
            && told.Time < call.Answered + s_oneSending);

    // A title that was made while nobody was there to be told is known from later answers.
    private static IEnumerable<RecordedTransientMessage> UntoldTitles(RecordedFile file, string conversationId,
        List<(DateTimeOffset Time, RecordedTransientMessage Message)> told, List<RecordedEvent> events, List<RecordedLife> lives,
        EventTimes times)
    {
        var title = file.TitleBefore(conversationId);
        var titles = new List<(DateTimeOffset Time, string? Title, bool IsSeen)>();
        titles.AddRange(file.Calls.Titles
            .Where(call => call.ConversationId == conversationId)
            .Select(static call => (call.Time, (string?)call.What, true)));
        titles.AddRange(file.Calls.Renames
            .Where(call => call.ConversationId == conversationId)
            .Select(static call => (call.Time, RecordedCalls.OwnTitle(call.What), false)));
        titles.AddRange(told.Where(static one => one.Message.Title is not null).Select(static one => (one.Time, one.Message.Title, false)));
        foreach (var (time, what, isSeen) in titles.OrderBy(static one => one.Time))
        {
            var message = events.FindLast(one => one.Source == EventSource.User
                && one.Json.TextOrNull("action") == "message"
                && times.TimeOf(one.Id) is { } made
                && made < time);
            if (isSeen && what != title && message is not null)
            {
                var json = new JObject { ["conversation_title"] = what };
                yield return new RecordedTransientMessage(
                    message.Id, json, 0, 0, lives.FindLastIndex(life => (life.AfterId ?? -1) < message.Id));
            }

            title = what;
        }
    }

    private static List<RecordedLife> Lives(List<RecordedRun> runs, int head, List<(DateTimeOffset Time, bool IsRestart)> boundaries,
        EventTimes times)
    {
        var lives = new List<RecordedLife>();
        for (var life = 0; life <= boundaries.Count; life++)
        {
            var first = runs.Find(run => run.Life == life);
            var known = life == 0
                ? head
                : runs.Where(run => run.Life < life)
                    .SelectMany(static run => run.Events)
                    .Select(static seen => seen.Id)
                    .DefaultIfEmpty(head)
                    .Max();
            int? stoppedAfter = life > 0 && !boundaries[life - 1].IsRestart ? times.LastBefore(boundaries[life - 1].Time) ?? known : null;
            lives.Add(new RecordedLife(
                boundaries.Take(life).Count(static boundary => boundary.IsRestart),
                stoppedAfter,
                Math.Max(stoppedAfter ?? known, first?.ReplayedThrough ?? -1)));
        }

        return lives;
    }

    private static EventSource Source(JObject json) => json.TextOrNull("source") switch
    {
        "user" => EventSource.User,
        "environment" => EventSource.Environment,
        _ => EventSource.Agent,
    };
}

/// <summary>What of a recording is played.</summary>
/// <param name="WithRestarts">The restarts of the recorded server; otherwise all goes in one.</param>
/// <param name="WithRest">The recorded REST calls.</param>
internal readonly record struct ScriptScope(bool WithRestarts, bool WithRest);

internal readonly record struct RunTransientMessage(DateTimeOffset Time, int AfterId, JObject Json);

/// <summary>One recorded connection, as the script reads it. Immutable once made.</summary>
internal sealed class RecordedRun
{
    public RecordedRun(SocketRecording session, int life)
    {
        Life = life;
        var (answered, newest) = (false, -1);
        var asked = session.Frames
            .Where(static frame => frame is { FromClient: true, IsBinary: false } && IsOfMainNamespace(frame.Text, "40"))
            .Select(static frame => (DateTimeOffset?)frame.Time)
            .FirstOrDefault();
        foreach (var frame in session.Frames.Where(static frame => frame is { FromClient: false, IsBinary: false }))
        {
            var isJoin = IsOfMainNamespace(frame.Text, "40");
            Joined ??= isJoin ? frame.Time : null;
            answered |= isJoin || frame.Text.StartsWith("44", StringComparison.Ordinal);
            if (!frame.Text.StartsWith("42", StringComparison.Ordinal)
                || ArrayOf(frame.Text) is not { Count: > 1 } array
                || array[1] is not JObject json)
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
                TransientMessages.Add(new RunTransientMessage(frame.Time, newest, json));
            }
        }

        if (!answered)
        {
            Joined = asked;
        }
    }

    /// <summary>The session's life in which it was, counted from 0.</summary>
    public int Life { get; }

    public List<(int Id, JObject Json, bool InReplay)> Events { get; } = [];

    public List<RunTransientMessage> TransientMessages { get; } = [];

    public int ReplayedThrough { get; } = -1;

    /// <summary>
    /// When its CONNECT was answered well; null when it was refused. One that V0 left without an answer counts from when it was sent: here
    /// it is answered, and the client may leave in the moment in which the room is told something.
    /// </summary>
    public DateTimeOffset? Joined { get; }

    public static JArray? ArrayOf(string frame)
    {
        var start = frame.IndexOf('[', StringComparison.Ordinal);
        return start < 0 || frame.AsSpan(2, start - 2).ContainsAnyExceptInRange('0', '9')
            ? null
            : JsonTree.ReadOrNull(frame[start..]) as JArray;
    }

    private static bool IsOfMainNamespace(string frame, string type) =>
        frame.StartsWith(type, StringComparison.Ordinal) && !frame.AsSpan(type.Length).StartsWith("/");

    // Errors, and that there are too many conversations, are said by the server itself.
    private static bool IsOfAgent(JObject json) =>
        json["status_update"] is not null && json.TextOrNull("id") != "AGENT_ERROR$TOO_MANY_CONVERSATIONS";
}
