using Gateway.Tools.Har;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>
/// An Engine.IO session of a V0 client while it goes on, kept as a recorder would have written it. Belongs to the tap's reader.
/// </summary>
internal sealed class ObservedSession(string conversationId, HttpMessage opening, bool startsWithPolling)
{
    private static readonly TimeSpan s_toLeave = TimeSpan.FromMilliseconds(1);

    private readonly List<HarEntry> _exchanges = [];
    private readonly List<SocketEntry> _sockets = [];
    private string _openPacket = "";
    private string _connectPacket = "40";
    private string _answer = "";

    public string ConversationId => conversationId;

    public HttpMessage Opening => opening;

    public bool StartsWithPolling => startsWithPolling;

    /// <summary>Of one that began with polling: by it other requests belong to it.</summary>
    public string? Sid { get; init; }

    /// <summary>Nothing more is kept of it: it was given away, or is too large.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Whoever compares it has what is kept of it, and frees it.</summary>
    public bool IsGiven { get; set; }

    /// <summary>V0 has answered its CONNECT, well or with a refusal.</summary>
    public DateTimeOffset? Answered { get; set; }

    /// <summary>Whoever compares it knows that it is answered.</summary>
    public bool IsAnswerTold { get; set; }

    /// <summary>Its client has asked to CONNECT. By polling, that may be seen after the answer.</summary>
    public bool HasAsked { get; private set; }

    /// <summary>It is over, as far as was seen.</summary>
    public bool IsOver { get; set; }

    public DateTimeOffset LastSeen { get; set; }

    /// <summary>How much of it is kept.</summary>
    public long Bytes { get; set; }

    public int Frames { get; set; }

    /// <summary>The highest event that the client was sent, or said that it has; -1 for none.</summary>
    public int LastEventId { get; set; } = -1;

    /// <summary>It can go on in a new window: by a WebSocket, and connected.</summary>
    public bool CanContinue =>
        !IsOver && _answer.StartsWith("40", StringComparison.Ordinal) && _sockets.Exists(static one => one.Close is null);

    public void Add(HarEntry exchange) => _exchanges.Add(exchange);

    public void Add(SocketEntry socket) => _sockets.Add(socket);

    /// <summary>Remembers what a continuation begins with.</summary>
    public void Note(bool fromClient, string packet)
    {
        switch (packet)
        {
            case ['0', ..] when !fromClient:
                _openPacket = packet;
                break;
            case "40" or ['4', '0', '{', ..] when fromClient:
                (_connectPacket, HasAsked) = (packet, true);
                break;
            case ['4', '0' or '4', '{', ..]:
                _answer = packet;
                break;
        }

        if (!fromClient && Continuation.EventIdOf(packet) is { } id)
        {
            LastEventId = Math.Max(LastEventId, id);
        }
    }

    /// <summary>
    /// All that there is by now. Of a session that goes on, as if its client left a little later: whoever plays it waits for what V0 had
    /// sent before its client left.
    /// </summary>
    public IReadOnlyList<HarEntry> ToEntries(DateTimeOffset now)
    {
        DateTimeOffset? left = IsOver ? null : now + s_toLeave;
        var entries = _exchanges.Concat(_sockets.Select(socket => socket.ToEntry(left))).OrderBy(static entry => entry.Started).ToList();
        if (left is not null && _sockets.Count == 0 && entries.FindLast(static entry => entry.Method == "GET") is { } poll)
        {
            // By polling nothing says when a client left; a poll that brought nothing does.
            entries.Add(poll with { Started = now > poll.Ended ? now : poll.Ended, Duration = s_toLeave, ResponseBody = "6" });
        }

        return entries;
    }

    /// <summary>What was kept is somebody else's now; from here on it is kept as a client that has come again.</summary>
    public void Continue(DateTimeOffset time)
    {
        _exchanges.Clear();
        var open = _sockets.Find(static one => one.Close is null);
        _sockets.Clear();
        (Bytes, Frames) = (0, 0);
        if (open is not null)
        {
            open.Continue(
                Continuation.Request(opening, LastEventId, time), Continuation.Messages(_openPacket, _connectPacket, _answer, time));
            _sockets.Add(open);
        }
    }
}

/// <summary>A WebSocket of a session. Belongs to the tap's reader.</summary>
/// <param name="session">Null for a WebSocket that is none of Socket.IO's, or is left out of the sample.</param>
internal sealed class SocketEntry(ObservedSession? session, HttpMessage request, DateTimeOffset opened)
{
    private const int NormalClose = 1000;

    private readonly List<HarMessage> _messages = [];
    private HttpMessage _request = request;
    private DateTimeOffset _opened = opened;

    public ObservedSession? Session => session;

    public HarClose? Close { get; set; }

    /// <summary>Copies of two connections may pass one another in their queue: nothing goes over a socket before it is open.</summary>
    public void Add(HarMessage message) => _messages.Add(message.Time < _opened ? message with { Time = _opened } : message);

    public void Continue(HttpMessage again, IEnumerable<HarMessage> beginning)
    {
        (_request, _opened) = (again, again.Started);
        _messages.Clear();
        _messages.AddRange(beginning);
        _opened = _messages[^1].Time;
    }

    /// <param name="left">When a client that has not left is to have left; null: it is as it is.</param>
    /// <remarks>A V0 that breaks off is told of by itself: nobody else is to do the same, so the client has left then.</remarks>
    public HarEntry ToEntry(DateTimeOffset? left) => HarEntries.Of(_request, _opened - _request.Started) with
    {
        Status = StatusCodes.Status101SwitchingProtocols,
        Messages = [.. _messages],
        Close = Close is { ByClient: false, Code: ObservedSocket.Abnormal, Time: { } broken } ? LeftAt(broken)
            : Close ?? (left is { } time ? LeftAt(time) : null),
    };

    private static HarClose LeftAt(DateTimeOffset time) => new(true, NormalClose, "", time);
}
