using System.Net;

namespace Gateway.Tools.Har;

/// <summary>Puts the sessions of a HAR together: polling exchanges and upgrades by their <c>sid</c>. Pure.</summary>
internal sealed class SocketRecordingReader
{
    private const char RecordSeparator = '\u001e';

    private readonly List<Session> _sessions = [];
    private readonly Dictionary<string, Session> _bySid = [];
    private readonly List<HarEntry> _odd = [];
    private readonly List<HarEntry> _other = [];

    private SocketRecordingReader()
    {
    }

    public static SocketRecordings Read(HarFile file)
    {
        var reader = new SocketRecordingReader();
        var restarts = ServerRestarts.Find(file.Entries);
        foreach (var entry in file.Entries.Except(restarts.WhileDown))
        {
            reader.Add(entry);
        }

        return new SocketRecordings([.. reader._sessions.Select(static session => session.ToRecording())], reader._odd, reader._other)
        {
            Restarts = restarts.Times,
            WhileDown = restarts.WhileDown,
        };
    }

    /// <summary>True for <c>{any prefix}/socket.io</c>, with and without a slash at the end.</summary>
    public static bool IsSocketPath(string path) => path.TrimEnd('/').EndsWith("/socket.io", StringComparison.Ordinal);

    /// <summary>The decoded parameters of a query, in their order.</summary>
    public static ILookup<string, string> ParseQuery(string query) => query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(static pair => pair.Split('=', 2))
        .ToLookup(static pair => WebUtility.UrlDecode(pair[0]), static pair => pair.Length > 1 ? WebUtility.UrlDecode(pair[1]) : "");

    /// <summary>The packets of a polling payload.</summary>
    public static IEnumerable<(bool IsBinary, string Text)> SplitPayload(string payload) => payload.Split(RecordSeparator)
        .Where(static packet => packet.Length > 0)
        .Select(static packet => packet[0] == 'b' ? (true, packet[1..]) : (false, packet));

    /// <summary>The payload with each of its packets changed.</summary>
    /// <param name="change">Is told whether a packet is binary, and its text.</param>
    public static string MapPayload(string payload, Func<bool, string, string> change) => string.Join(
        RecordSeparator,
        payload.Split(RecordSeparator).Select(packet => packet is ['b', .. var data] ? $"b{change(true, data)}" : change(false, packet)));

    private void Add(HarEntry entry)
    {
        if (!IsSocketPath(entry.Url.AbsolutePath))
        {
            _other.Add(entry);
            return;
        }

        var query = ParseQuery(entry.Url.Query);
        var sid = query["sid"].FirstOrDefault();
        var session = sid is null ? null : _bySid.GetValueOrDefault(sid);
        if (session is not null)
        {
            session.Add(entry);
        }
        else if (entry.Messages is not null || (sid is null && SidOf(entry) is not null))
        {
            Open(entry, query);
        }
        else
        {
            _odd.Add(entry);
        }
    }

    private void Open(HarEntry entry, ILookup<string, string> query)
    {
        var session = new Session(entry, query);
        session.Add(entry);
        _sessions.Add(session);
        if (entry.Messages is null && SidOf(entry) is { } sid)
        {
            // Redacted files may use one name for every sid: the newest session has it.
            _bySid[sid] = session;
        }
    }

    /// <summary>The sid that a polling answer opens a session with.</summary>
    private static string? SidOf(HarEntry entry)
    {
        if (entry.Method != "GET" || entry.Status != 200 || entry.ResponseBody is not ['0', '{', ..] body)
        {
            return null;
        }

        const string Name = "\"sid\":\"";
        var start = body.IndexOf(Name, StringComparison.Ordinal);
        var end = start < 0 ? -1 : body.IndexOf('"', start + Name.Length);
        return end < 0 ? null : body[(start + Name.Length)..end];
    }

    /// <summary>A session while it is put together.</summary>
    private sealed class Session(HarEntry opening, ILookup<string, string> query)
    {
        private readonly List<SocketFrame> _frames = [];
        private readonly List<HarEntry> _entries = [];
        private HarEntry? _webSocket;
        private DateTimeOffset _ended = opening.Ended;

        public void Add(HarEntry entry)
        {
            _entries.Add(entry);
            if (entry.Messages is { } messages)
            {
                // An upgrade that came to nothing carries nothing; it must not hide one that worked.
                _webSocket = _webSocket is { Messages.Count: > 0 } ? _webSocket : entry;
                _frames.AddRange(messages
                    .Select(message => new SocketFrame(message.Time, message.FromClient, message.IsBinary, message.Data, entry)));
                End(entry.Close?.Time ?? messages.Select(static message => message.Time).LastOrDefault(entry.Started));
                return;
            }

            if (entry.Method == "POST" && entry.RequestBody is { } sent)
            {
                Add(entry, sent, entry.Started, fromClient: true);
            }
            else if (entry is { Method: "GET", Status: 200, ResponseBody: { } received })
            {
                Add(entry, received, entry.Ended, fromClient: false);
            }

            End(entry.Method == "GET" ? entry.Ended : entry.Started);
        }

        public SocketRecording ToRecording() => new()
        {
            Opening = opening,
            Query = query,
            Frames = [.. _frames.OrderBy(static frame => frame.Time)],
            Entries = _entries,
            WebSocket = _webSocket,
            Ended = _ended,
        };

        private void Add(HarEntry entry, string payload, DateTimeOffset time, bool fromClient) =>
            _frames.AddRange(SplitPayload(payload)
                .Select(packet => new SocketFrame(time, fromClient, packet.IsBinary, packet.Text, entry)));

        private void End(DateTimeOffset time) => _ended = time > _ended ? time : _ended;
    }
}
