using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Shadow.Observe;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// Modes <c>act</c> and <c>full</c>: what the clients of a conversation did, and V0's agent with it, by windows. Belongs to the tap's
/// reader.
/// </summary>
/// <param name="read">Gets the REST calls that read, as in mode <c>read</c>; null: they are not compared.</param>
/// <param name="window">A conversation that goes on longer is compared by pieces of this length.</param>
internal sealed class ActSink(ReadSink? read, ComparisonRunner runner, ShadowCounters counters, ShadowLimits limits, TimeSpan window)
    : ISessionSink
{
    private const int MaxFrames = 5_000;

    // A page that is loaded again is the same visit.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, ConversationWindow> _windows = [];

    public void Began(ObservedSession session)
    {
        var query = session.Opening.Target.IndexOf('?', StringComparison.Ordinal) is > 0 and var at ? session.Opening.Target[at..] : "";
        session.LastEventId = int.TryParse(SocketRecordingReader.ParseQuery(query)["latest_event_id"].FirstOrDefault(), out var id)
            ? id
            : -1;
        Window(session.ConversationId, session.Opening.Started)?.Add(session);
    }

    public void Answered(ObservedSession session)
    {
    }

    public void Ended(ObservedSession session)
    {
        if (_windows.TryGetValue(session.ConversationId, out var window))
        {
            window.IsSpoilt |= session is { IsClosed: true, IsGiven: false };
            window.QuietSince = window.IsQuiet ? session.LastSeen : null;
        }
        else if (!session.IsGiven)
        {
            counters.Free(session.Bytes);
        }
    }

    public void Called(HarEntry entry)
    {
        var call = new RestCall(1, entry);
        if (call.IsRead)
        {
            read?.Called(entry);
            return;
        }

        // What is done to a conversation belongs to its story; a new one begins with being made.
        var made = call.Is("POST", "/api/conversations")
            ? JsonTree.ReadOrNull(entry.ResponseBody ?? "").TextOrNull("conversation_id")
            : null;
        if ((made ?? call.ConversationId) is not { } id || (made is null && !_windows.ContainsKey(id)))
        {
            return;
        }

        var bytes = 2L * ((entry.ResponseBody?.Length ?? 0) + (entry.RequestBody?.Length ?? 0));
        if (!counters.TryKeep(bytes, limits.MaxKeptBytes))
        {
            counters.Drop(DropReason.Memory);
            return;
        }

        if (Window(id, entry.Started) is { } window)
        {
            window.Add(entry, bytes);
        }
        else
        {
            counters.Free(bytes);
        }
    }

    public void Sweep(DateTimeOffset time)
    {
        foreach (var (id, one) in _windows.ToList())
        {
            var isQuiet = one.QuietSince is { } since && time - since > s_quiet;
            if (isQuiet || time - one.Started > window || one.Frames > MaxFrames || one.Bytes > limits.MaxSessionBytes / 2)
            {
                Close(id, one, time);
            }
        }
    }

    private void Close(string id, ConversationWindow one, DateTimeOffset time)
    {
        _windows.Remove(id);
        var bytes = one.Bytes;
        var job = one.ToJob(time);
        if (one.Continue(time) is { } next)
        {
            _windows[id] = next;
        }

        if (job is not null)
        {
            runner.Add(job);
            return;
        }

        counters.Free(bytes);
        if (!one.IsSpoilt && !one.IsAnswered)
        {
            counters.Drop(DropReason.NotAnswered);
        }
    }

    private ConversationWindow? Window(string id, DateTimeOffset time)
    {
        if (_windows.TryGetValue(id, out var one))
        {
            return one;
        }

        if (_windows.Count >= limits.MaxSessions)
        {
            counters.Drop(DropReason.Memory);
            return null;
        }

        return _windows[id] = new ConversationWindow(id, time);
    }
}
