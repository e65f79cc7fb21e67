using System.Text;

using Gateway.Primitives;
using Gateway.Tools.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Record;

/// <summary>
/// Keeps what is recorded and writes it as it goes: the file is replaced as a whole, so that it can be loaded at any moment, even
/// after a crash. Any thread may begin entries; one loop of its own writes. The time between two writes grows with the file.
/// </summary>
internal sealed class SessionRecorder : IAsyncDisposable
{
    private static readonly TimeSpan s_shortestInterval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly List<RecordingEntry> _entries = [];
    private readonly Dictionary<string, string> _names = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _timeProvider;
    private readonly BodySecrets? _bodies;
    private readonly PacketSecrets _packets;
    private Task _writing = Task.CompletedTask;
    private long _frames;
    private long _bytes;
    private int _connections;
    private int _requests;
    private int _dirty = 1;
    private bool _isStarted;

    public SessionRecorder(string folder, bool keepSecrets, TimeProvider timeProvider)
    {
        Path = System.IO.Path.Combine(folder, HarFile.FixtureName);
        _timeProvider = timeProvider;

        // One name for one secret: polling exchanges are joined by their sid, and a right key must be told from a wrong one.
        Redactor = new SecretRedactor(keepSecrets ? static secret => secret : NameOf);
        _packets = new PacketSecrets(Redactor);
        _bodies = keepSecrets ? null : new BodySecrets(NameOf);
    }

    /// <summary>Makes the file and begins to write. Called once.</summary>
    /// <exception cref="IOException">There is a recording already, or the folder cannot be made.</exception>
    public void Start()
    {
        if (File.Exists(Path))
        {
            throw new IOException($"{Path} exists: a recording is not written over");
        }

        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path) ?? ".");
        Save();
        if (Problem is not null)
        {
            throw new IOException(Problem);
        }

        _isStarted = true;
        _writing = RunAsync();
    }

    public string Path { get; }

    public SecretRedactor Redactor { get; }

    public RecordingCounts Counts =>
        new(Volatile.Read(ref _connections), Volatile.Read(ref _requests), Interlocked.Read(ref _frames), Interlocked.Read(ref _bytes));

    /// <summary>Why the last write failed; null when it did not.</summary>
    public string? Problem { get; private set; }

    public DateTimeOffset Now => _timeProvider.GetUtcNow();

    /// <param name="started">When the request came.</param>
    public RecordingEntry Begin(HttpRequest request, string? body, bool isWebSocket, DateTimeOffset started)
    {
        var url = $"{request.Scheme}://{request.Host}{request.PathBase}{request.Path}{request.QueryString}";
        var headers = request.Headers.Select(static header => (header.Key, header.Value.ToString()));
        return Begin(request.Method, url, headers, body, isWebSocket, started);
    }

    /// <summary>Writes down what another has kept, as it would have been written down at its time.</summary>
    public void Add(HarEntry kept)
    {
        var isWebSocket = kept.Messages is not null;
        var path = kept.Url.AbsolutePath;
        var isSocket = SocketRecordingReader.IsSocketPath(path);
        var headers = kept.RequestHeaders.Select(static header => (header.Name, header.Value));
        var sent = isSocket ? kept.RequestBody : RedactBody(path, kept.RequestBody ?? "");
        var url = kept.Url.GetLeftPart(UriPartial.Authority) + kept.RawTarget;
        var entry = Begin(kept.Method, url, headers, sent, isWebSocket, kept.Started);
        foreach (var message in kept.Messages ?? [])
        {
            entry.AddMessage(message.Time, message.FromClient, message.IsBinary, message.Data);
        }

        if (kept.Close is { } close)
        {
            entry.Close(close.Time ?? kept.Ended, close.ByClient, close.Code, close.Reason);
        }

        var got = kept.IsBodyLeftOut ? null : isSocket ? kept.ResponseBody : RedactBody(path, kept.ResponseBody ?? "");
        var content = new JObject { ["size"] = got?.Length ?? 0, ["mimeType"] = kept.ResponseHeader("content-type") ?? "" };
        content[got is null ? "comment" : "text"] = got is null ? "left out" : isSocket ? _packets.RedactPayload(got) : got;
        var answer = kept.ResponseHeaders.Select(static header => (header.Name, header.Value));
        entry.Complete(Response(kept.Status, answer, content), kept.Ended);
    }

    private RecordingEntry Begin(string method, string address, IEnumerable<(string Name, string Value)> headers, string? body,
        bool isWebSocket, DateTimeOffset started)
    {
        var url = Redactor.RedactUrl(address);
        url = _bodies?.RedactAddress(url) ?? url;
        var sent = headers.ToList();
        var query = SocketRecordingReader.ParseQuery(new Uri(url).Query);
        var json = new JObject
        {
            ["startedDateTime"] = RecordingEntry.Date(started),
            ["time"] = 0,
            ["_resourceType"] = isWebSocket ? "websocket" : "xhr",
            ["request"] = new JObject
            {
                ["method"] = method,
                ["url"] = url,
                ["httpVersion"] = "HTTP/1.1",
                ["headers"] = Headers(sent),
                ["queryString"] = new JArray(query
                    .SelectMany(static pair => pair.Select(value => new JObject { ["name"] = pair.Key, ["value"] = value }))),
                ["cookies"] = new JArray(),
                ["headersSize"] = -1,
                ["bodySize"] = body is null ? 0 : Encoding.UTF8.GetByteCount(body),
            },
            ["response"] = Response(isWebSocket ? 101 : 0, [], (string?)null),
            ["cache"] = new JObject(),
            ["timings"] = new JObject { ["send"] = 0, ["wait"] = 0, ["receive"] = 0 },
        };
        if (!string.IsNullOrEmpty(body) && json["request"] is JObject recorded)
        {
            var type = sent.Find(static header => header.Name.Equals("content-type", StringComparison.OrdinalIgnoreCase)).Value;
            recorded["postData"] = new JObject { ["mimeType"] = type ?? "", ["text"] = _packets.RedactPayload(body) };
        }

        var entry = new RecordingEntry(json, started, isWebSocket, _packets);
        lock (_lock)
        {
            _entries.Add(entry);
        }

        Interlocked.Increment(ref _requests);
        if (query["EIO"].Any() && !query["sid"].Any())
        {
            Interlocked.Increment(ref _connections);
        }

        Changed(0, 0);
        return entry;
    }

    /// <summary>A body of REST's without its secrets; null when it must not be kept.</summary>
    public string? RedactBody(string path, string body) => _bodies is null ? body : _bodies.Redact(path, Redactor.RedactText(body));

    public JObject Response(int status, IEnumerable<(string Name, string Value)> headers, string? body)
    {
        var text = body is null ? "" : _packets.RedactPayload(body);
        return Response(status, headers, new JObject { ["size"] = body?.Length ?? 0, ["mimeType"] = "text/plain", ["text"] = text });
    }

    public JObject Response(int status, IEnumerable<(string Name, string Value)> headers, JObject content) => new()
    {
        ["status"] = status,
        ["statusText"] = "",
        ["httpVersion"] = "HTTP/1.1",
        ["headers"] = Headers(headers),
        ["cookies"] = new JArray(),
        ["content"] = content,
        ["redirectURL"] = "",
        ["headersSize"] = -1,
        ["bodySize"] = -1,
    };

    public void Changed(int frames, long bytes)
    {
        Interlocked.Add(ref _frames, frames);
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Exchange(ref _dirty, 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        _stop.Dispose();
        if (_isStarted)
        {
            Save();
        }
    }

    private async Task RunAsync()
    {
        var interval = s_shortestInterval;
        try
        {
            while (true)
            {
                await Task.Delay(interval, _timeProvider, _stop.Token);
                var started = _timeProvider.GetTimestamp();
                Save();

                // A large file is written less often: at most a tenth of the time goes into it.
                var needed = _timeProvider.GetElapsedTime(started) * 10;
                interval = needed > s_shortestInterval ? needed : s_shortestInterval;
            }
        }
        catch (OperationCanceledException)
        {
            // The last write is the owner's, when all is closed.
        }
    }

    private void Save()
    {
        if (Interlocked.Exchange(ref _dirty, 0) == 0)
        {
            return;
        }

        RecordingEntry[] entries;
        lock (_lock)
        {
            entries = [.. _entries];
        }

        try
        {
            var temporary = Path + ".tmp";
            using (var output = new StreamWriter(temporary, append: false, new UTF8Encoding(false)))
            {
                output.Write("{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"gateway record\",\"version\":\"1\"},\"pages\":[],\"entries\":[\n");
                for (var i = 0; i < entries.Length; i++)
                {
                    output.Write(i == 0 ? "" : ",\n");
                    entries[i].Write(output);
                }

                output.Write("\n]}}\n");
            }

            File.Move(temporary, Path, overwrite: true);
            Problem = null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Recording goes on in memory, and the next write may do better.
            Problem = exception.Message;
            Interlocked.Exchange(ref _dirty, 1);
        }
    }

    private JArray Headers(IEnumerable<(string Name, string Value)> headers) =>
        new(headers.Select(header => new JObject { ["name"] = header.Name, ["value"] = HeaderValue(header.Name, header.Value) }));

    private string HeaderValue(string name, string value) =>
        _bodies is not null && value.Length > 0 && !SecretRedactor.IsSecretHeader(name) && BodySecrets.IsSecretHeader(name)
            ? NameOf(value)
            : Redactor.RedactHeader(name, value);

    private string NameOf(string secret)
    {
        lock (_names)
        {
            if (!_names.TryGetValue(secret, out var name))
            {
                // A name that is met again (a file of ours, a frame read twice) stays what it is.
                name = secret.StartsWith("redacted-", StringComparison.Ordinal) ? secret : $"redacted-{_names.Count + 1}";
                _names[secret] = name;
            }

            return name;
        }
    }
}

/// <summary>What was recorded so far.</summary>
/// <param name="Connections">Engine.IO sessions that were asked for.</param>
/// <param name="Requests">HTTP requests, WebSockets among them.</param>
/// <param name="Frames">Packets in both directions, of polling bodies too.</param>
internal readonly record struct RecordingCounts(int Connections, int Requests, long Frames, long Bytes);
