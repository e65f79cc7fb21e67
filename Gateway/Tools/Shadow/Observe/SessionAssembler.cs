using Gateway.Primitives.Json;
using Gateway.Tools.Har;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>
/// Puts sessions together from exchanges and messages of all connections: polling and upgrades by their <c>sid</c>. Keeps of each no more
/// than is allowed. Belongs to the tap's reader.
/// </summary>
internal sealed class SessionAssembler(
    ShadowSample sample, ShadowLimits limits, ShadowCounters counters, ShadowNotes notes, ISessionSink sink)
{
    // A client polls again within seconds; past that it is gone.
    private static readonly TimeSpan s_quietPolling = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, ObservedSession> _bySid = [];

    /// <summary>A WebSocket was granted.</summary>
    public SocketEntry SocketOpened(HttpMessage request, DateTimeOffset time)
    {
        var session = SessionOf(request, out var sid);
        if (session is null && sid is null && IsSocket(request))
        {
            session = Begin(request, null);
        }

        var socket = new SocketEntry(session, request, time);
        session?.Add(socket);
        return socket;
    }

    public void SocketMessage(SocketEntry socket, DateTimeOffset time, bool fromClient, bool isBinary, string text)
    {
        if (socket.Session is not { } session)
        {
            return;
        }

        // Heartbeats are each server's own, and would add up for as long as a client stays.
        session.LastSeen = time;
        if (session.IsClosed || text is "2" or "3" || !TryKeep(session, text.Length, time))
        {
            return;
        }

        session.Note(fromClient, isBinary ? "" : text);
        socket.Add(new HarMessage(fromClient, time, isBinary, text));
        NoteAnswer(session, !fromClient && IsAnswer(text), time);
    }

    /// <summary>The first call counts.</summary>
    public void SocketClosed(SocketEntry socket, DateTimeOffset time, bool byClient, int code, string reason)
    {
        if (socket.Close is not null)
        {
            return;
        }

        socket.Close = new HarClose(byClient, code, reason, time);
        if (!byClient && code == ObservedSocket.Abnormal)
        {
            notes.ServerBrokeOff();
        }

        if (socket.Session is { } session)
        {
            End(session, time);
        }
    }

    /// <summary>What follows on it is not seen.</summary>
    public void SocketLost(SocketEntry socket, DateTimeOffset time)
    {
        if (socket.Session is { IsOver: false } session)
        {
            session.IsClosed = true;
            End(session, time);
        }
    }

    public void Exchanged(HttpMessage request, HttpMessage answer, DateTimeOffset time)
    {
        if (!IsSocket(request))
        {
            Called(request, answer, time);
            return;
        }

        var session = SessionOf(request, out var sid);
        var entry = session is { IsClosed: false } || sid is null ? HarEntries.Of(request, answer, time, limits.MaxMessage) : null;
        if (session is null && sid is null && request.First == "GET" && SidOf(entry) is { } own)
        {
            session = Begin(request, own);
        }

        if (session is not { IsClosed: false } || entry is null || !TryKeep(session, request.Size + answer.Size, time))
        {
            return;
        }

        session.Add(entry);
        var isPoll = request.First == "GET";
        foreach (var (_, packet) in SocketRecordingReader.SplitPayload((isPoll ? entry.ResponseBody : entry.RequestBody) ?? ""))
        {
            session.Note(!isPoll, packet);
        }

        var isAnswer = isPoll && answer.Status == 200
            && SocketRecordingReader.SplitPayload(entry.ResponseBody ?? "").Any(static packet => IsAnswer(packet.Text));
        NoteAnswer(session, isAnswer, time);

        // A polling client that leaves says so, and a server that is done with it as well.
        if (answer.Status >= 400
            || SocketRecordingReader.SplitPayload(entry.RequestBody ?? "").Any(static packet => packet.Text is "1"))
        {
            End(session, time);
        }
    }

    /// <summary>Ends what has not been heard of, and lets the sink look at the time.</summary>
    public void Sweep(DateTimeOffset time)
    {
        foreach (var session in _bySid.Values.Where(session => time - session.LastSeen > s_quietPolling).ToList())
        {
            End(session, time);
        }

        sink.Sweep(time);
    }

    private static bool IsSocket(HttpMessage request) => SocketRecordingReader.IsSocketPath(request.Target.Split('?')[0]);

    // 40{…} and 44{…} of the main namespace.
    private static bool IsAnswer(string text) => text is ['4', '0' or '4', '{', ..];

    private static string? SidOf(HarEntry? entry) => entry is { Status: 200, ResponseBody: ['0', '{', ..] body }
        ? JsonTree.ReadOrNull(SocketRecordingReader.SplitPayload(body).First().Text[1..]).TextOrNull("sid")
        : null;

    private static ILookup<string, string> QueryOf(HttpMessage request) =>
        SocketRecordingReader.ParseQuery(
            request.Target.IndexOf('?', StringComparison.Ordinal) is > 0 and var at ? request.Target[at..] : "");

    private ObservedSession? SessionOf(HttpMessage request, out string? sid)
    {
        sid = IsSocket(request) ? QueryOf(request)["sid"].FirstOrDefault() : null;
        return sid is null ? null : _bySid.GetValueOrDefault(sid);
    }

    private ObservedSession? Begin(HttpMessage request, string? sid)
    {
        counters.SessionSeen();
        var conversationId = QueryOf(request)["conversation_id"].FirstOrDefault() ?? "";
        if (!sample.Has(conversationId))
        {
            counters.LeftOutOfSample();
            return null;
        }

        if (_bySid.Count >= limits.MaxSessions)
        {
            counters.Drop(DropReason.Memory);
            return null;
        }

        var session = new ObservedSession(conversationId, request, sid is not null) { Sid = sid, LastSeen = request.Started };
        if (sid is not null)
        {
            _bySid[sid] = session;
        }

        sink.Began(session);
        return session;
    }

    private bool TryKeep(ObservedSession session, long size, DateTimeOffset time)
    {
        session.LastSeen = time;

        // As UTF-16 with what stands around it.
        var bytes = (2 * size) + 100;
        var reason = session.Bytes + bytes > limits.MaxSessionBytes ? DropReason.TooLarge
            : counters.TryKeep(bytes, limits.MaxKeptBytes) ? (DropReason?)null
            : DropReason.Memory;
        if (reason is { } why)
        {
            counters.Drop(why);
            session.IsClosed = true;
            End(session, time);
            return false;
        }

        session.Bytes += bytes;
        session.Frames++;
        return true;
    }

    private void NoteAnswer(ObservedSession session, bool isAnswer, DateTimeOffset time)
    {
        if (isAnswer)
        {
            session.Answered ??= time;
        }

        if (session is { Answered: not null, HasAsked: true, IsAnswerTold: false })
        {
            session.IsAnswerTold = true;
            sink.Answered(session);
        }
    }

    private void End(ObservedSession session, DateTimeOffset time)
    {
        if (session.Sid is { } sid)
        {
            _bySid.Remove(sid);
        }

        if (!session.IsOver)
        {
            session.IsOver = true;
            session.LastSeen = time;
            sink.Ended(session);
        }
    }

    private void Called(HttpMessage request, HttpMessage answer, DateTimeOffset time)
    {
        counters.CallSeen();
        var path = request.Target.Split('?')[0];
        if (!sample.Has(ConversationOf(path) ?? path))
        {
            counters.LeftOutOfSample();
            return;
        }

        if (answer.IsCut || request.IsCut)
        {
            counters.Drop(DropReason.TooLarge);
            return;
        }

        sink.Called(HarEntries.Of(request, answer, time, limits.MaxMessage));
    }

    private static string? ConversationOf(string path) =>
        path.Split('/') is ["", "api", "conversations", { Length: > 0 } id, ..] ? id : null;
}
