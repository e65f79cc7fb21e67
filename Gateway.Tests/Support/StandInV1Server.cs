using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;

using Gateway.Agents.V1;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A V1 agent-server that plays a recorded log: both generations of socket, the REST routes around them, and what can go wrong. Each call of
/// a user (message, confirmation, run, pause, interrupt) brings the next part of the log. Thread-safe; owned by one test.
/// </summary>
internal sealed class StandInV1Server : IAsyncDisposable
{
    public const string AppKey = "an-app-key";

    private readonly Lock _lock = new();
    private readonly List<JObject> _log;
    private readonly Queue<int> _parts;
    private readonly List<StandInSocket> _sockets = [];
    private readonly TaskCompletionSource _firstJoined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _lastLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _prefix;
    private WebApplication? _app;
    private int _shown;
    private int _connections;
    private int _port;
    private volatile bool _isDown;
    private volatile bool _isUnknown;
    private volatile string? _sandboxStatus;

    public StandInV1Server(IEnumerable<JObject> log, string conversationId, string prefix = "")
    {
        _log = [.. log];
        _parts = new Queue<int>(RecordedParts.Of(_log));
        ConversationId = Guid.Parse(conversationId);
        _prefix = prefix;
    }

    public Guid ConversationId { get; }

    public string Version { get; init; } = "1.57.0";

    /// <summary>An older server refuses the session socket.</summary>
    public bool HasSessionSocket { get; init; } = true;

    public string? Key { get; init; }

    public string ConfirmationPolicy { get; init; } = "NeverConfirm";

    /// <summary>How many frames a socket gets before it is cut, by its number from 0; null: it is not. Every second one is told, the others are torn.</summary>
    public Func<int, int?> CutAfter { get; set; } = static _ => null;

    /// <summary>A close code with which a socket ends at once, by its number; null: it does not.</summary>
    public Func<int, int?> CloseWith { get; set; } = static _ => null;

    /// <summary>Requests are not answered before this; null: at once.</summary>
    public Task? HeldUntil { get; set; }

    /// <summary>Completes when a request is held.</summary>
    public Task Held => _held.Task;

    /// <summary>Frames that no server should send go between the others.</summary>
    public bool SendsGarbage { get; init; }

    /// <summary>The search by REST sorts by time, as the older server does, and not by place in the log.</summary>
    public bool SortsByTime { get; init; }

    /// <summary>Live frames come in another order than the log's, as recorded.</summary>
    public bool Disorders { get; init; }

    /// <summary>The number of an event that no socket gets.</summary>
    public int? Swallows { get; set; }

    /// <summary>Every request is cut off.</summary>
    public bool IsDown { get => _isDown; set => _isDown = value; }

    /// <summary>A proxy answers everything with this status, and a page.</summary>
    public int? ProxyStatus { get; set; }

    /// <summary>The server has lost the conversation, or never had it.</summary>
    public bool IsUnknown { get => _isUnknown; set => _isUnknown = value; }

    /// <summary>Where the sandbox stands of which an app server, the same process here, tells; with another key than <see cref="Key"/>.</summary>
    public string? SandboxStatus { get => _sandboxStatus; set => _sandboxStatus = value; }

    /// <summary>Calls are refused with a text that repeats the key, as some servers do.</summary>
    public bool RefusesWithKey { get; set; }

    public IReadOnlyCollection<string> Calls => _calls;

    /// <summary>Completes when there is a subscriber.</summary>
    public Task FirstJoined => _firstJoined.Task;

    /// <summary>Completes when there was a subscriber and none is left.</summary>
    public Task LastLeft => _lastLeft.Task;

    public int Connections => Volatile.Read(ref _connections);

    public int OpenSockets
    {
        get
        {
            lock (_lock)
            {
                return _sockets.Count;
            }
        }
    }

    public string BaseUrl => $"http://127.0.0.1:{_port}{_prefix}";

    public async Task<StandInV1Server> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        _app = builder.Build();
        _app.UsePathBase(_prefix);
        _app.UseWebSockets();
        _app.Run(HandleAsync);
        await _app.StartAsync();
        _port = new Uri(_app.Urls.First()).Port;
        return this;
    }

    /// <summary>The next events of the log happen; all without a number.</summary>
    public void Show(int count = int.MaxValue)
    {
        lock (_lock)
        {
            var until = (int)Math.Min(_log.Count, (long)_shown + count);
            var first = _shown;
            _shown = until;
            foreach (var index in RecordedParts.Order(first, until, Disorders).Where(index => index != Swallows))
            {
                _sockets.ForEach(socket => socket.Send(index, _log[index]));
            }

            if (until > first)
            {
                _sockets.ForEach(socket => socket.SendTransient(FullState()));
            }
        }
    }

    /// <summary>Something that is not in the log, to every subscriber.</summary>
    public void SendTransient(JObject frame)
    {
        lock (_lock)
        {
            _sockets.ForEach(socket => socket.SendTransient(frame));
        }
    }

    /// <summary>Any text as a frame, to every subscriber.</summary>
    public void SendRaw(string frame)
    {
        lock (_lock)
        {
            _sockets.ForEach(socket => socket.SendRaw(frame));
        }
    }

    /// <summary>Cuts every open socket, as a lost network does.</summary>
    public void CutAll()
    {
        lock (_lock)
        {
            _sockets.ForEach(static socket => socket.Cut());
        }
    }

    public async ValueTask DisposeAsync()
    {
        CutAll();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private string Status => _log.Take(_shown).LastOrDefault(static e => e.Text("key") == "execution_status")?.Text("value") ?? "idle";

    private JObject FullState() => new()
    {
        ["id"] = Guid.NewGuid().ToString(),
        ["kind"] = "ConversationStateUpdateEvent",
        ["key"] = "full_state",
        ["value"] = Info(),
    };

    private JObject Info() => new()
    {
        ["id"] = ConversationId.ToString("D"),
        ["execution_status"] = Status,
        ["confirmation_policy"] = new JObject { ["kind"] = ConfirmationPolicy },
    };

    private JObject AppConversation() => new()
    {
        ["id"] = ConversationId.ToString("N"),
        ["sandbox_status"] = SandboxStatus,
        ["conversation_url"] = SandboxStatus == "RUNNING" ? $"{BaseUrl}/api/conversations/{ConversationId:N}" : null,
        ["session_api_key"] = SandboxStatus == "RUNNING" ? Key : null,
    };

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (HeldUntil is { } until)
        {
            _held.TrySetResult();
            await until.WaitAsync(context.RequestAborted);
        }

        if (IsDown)
        {
            context.Abort();
        }
        else if (ProxyStatus is { } status)
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync("<html>No such place</html>");
        }
        else if (path == "/server_info")
        {
            await StandInAnswer.WriteAsync(context, 200, new JObject { ["version"] = Version });
        }
        else if (path.StartsWith("/sockets/", StringComparison.Ordinal))
        {
            await HandleSocketAsync(context, path.StartsWith("/sockets/session/", StringComparison.Ordinal));
        }
        else if (path == "/api/v1/app-conversations")
        {
            await StandInAnswer.WriteAsync(context, context.Request.Headers["X-Session-API-Key"] == AppKey ? 200 : 401, new JArray(AppConversation()));
        }
        else if (Key is not null && context.Request.Headers["X-Session-API-Key"] != Key)
        {
            await StandInAnswer.WriteAsync(context, 401, new JObject { ["detail"] = "Unauthorized" });
        }
        else
        {
            await HandleRestAsync(context, path);
        }
    }

    private async Task HandleRestAsync(HttpContext context, string path)
    {
        var root = $"/api/conversations/{ConversationId:D}";
        if (HttpMethods.IsPost(context.Request.Method))
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            _calls.Enqueue($"{path} {body}".Replace(root, "", StringComparison.Ordinal).TrimEnd());
            await HandlePostAsync(context, path, root);
            return;
        }

        if (IsUnknown || !path.StartsWith(root, StringComparison.Ordinal))
        {
            await StandInAnswer.WriteAsync(context, 404, new JObject { ["detail"] = "Not Found" });
        }
        else if (path == root)
        {
            await StandInAnswer.WriteAsync(context, 200, Info());
        }
        else
        {
            await StandInAnswer.WriteAsync(context, 200, Page(context.Request.Query["page_id"], int.Parse(context.Request.Query["limit"]!)));
        }
    }

    private async Task HandlePostAsync(HttpContext context, string path, string root)
    {
        if (path == "/api/conversations")
        {
            IsUnknown = false;
            await StandInAnswer.WriteAsync(context, 201, Info());
        }
        else if (path == "/api/bash/execute_bash_command")
        {
            await StandInAnswer.WriteAsync(context, 200, new JObject { ["stdout"] = "out\n", ["stderr"] = "", ["exit_code"] = 0 });
        }
        else if (RefusesWithKey)
        {
            await StandInAnswer.WriteAsync(context, 500, new JObject { ["detail"] = $"ValueError: not with {Key}" });
        }
        else if (IsUnknown || (path == $"{root}/interrupt" && !HasSessionSocket))
        {
            await StandInAnswer.WriteAsync(context, 404, new JObject { ["detail"] = "Not Found" });
        }
        else if (path == $"{root}/run" && Status == "running")
        {
            await StandInAnswer.WriteAsync(context, 409, new JObject { ["detail"] = "Conversation already running." });
        }
        else
        {
            await StandInAnswer.WriteAsync(context, 200, new JObject { ["success"] = true });
            int part;
            lock (_lock)
            {
                _ = _parts.TryDequeue(out part);
            }

            Show(part);
        }
    }

    private JObject Page(string? pageId, int limit)
    {
        lock (_lock)
        {
            var shown = _log.GetRange(0, _shown);
            shown = SortsByTime ? [.. shown.OrderBy(static e => e.Text("timestamp"), StringComparer.Ordinal)] : shown;
            var first = string.IsNullOrEmpty(pageId) ? 0 : Math.Max(0, shown.FindIndex(e => e.Text("id") == pageId));
            var items = shown.Skip(first).Take(limit).ToList();
            var next = first + items.Count < shown.Count ? shown[first + items.Count].Text("id") : null;
            return new JObject { ["items"] = new JArray(items.Select(static e => e.DeepClone())), ["next_page_id"] = next };
        }
    }

    private async Task HandleSocketAsync(HttpContext context, bool isSession)
    {
        var query = context.Request.Query;
        var givenKey = query.ContainsKey("session_api_key") ? (string?)query["session_api_key"] : context.Request.Headers["X-Session-API-Key"].FirstOrDefault();
        if ((isSession && !HasSessionSocket) || (givenKey is not null && Key is not null && givenKey != Key))
        {
            context.Response.StatusCode = 403;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var number = Interlocked.Increment(ref _connections) - 1;
        var code = CloseWith(number) ?? (IsUnknown ? 4004 : Key is not null && givenKey is null && await StandInSocket.ReadKeyAsync(socket, context.RequestAborted) != Key ? 4001 : null);
        if (code is not null)
        {
            await socket.CloseAsync((WebSocketCloseStatus)code, "", context.RequestAborted);
            return;
        }

        var standIn = new StandInSocket(socket, isSession, CutAfter(number), number % 2 == 0, SendsGarbage);
        Welcome(standIn, isSession, query);
        try
        {
            await standIn.RunAsync(context.RequestAborted);
        }
        finally
        {
            lock (_lock)
            {
                _sockets.Remove(standIn);
                if (_sockets.Count == 0)
                {
                    _lastLeft.TrySetResult();
                }
            }
        }
    }

    private void Welcome(StandInSocket socket, bool isSession, IQueryCollection query)
    {
        lock (_lock)
        {
            _sockets.Add(socket);
            _firstJoined.TrySetResult();
            if (!isSession)
            {
                socket.SendTransient(FullState());
                // The newest comes again, as resend_mode=since does.
                if (_shown > 0 && query["resend_mode"] == "since")
                {
                    socket.Send(_shown - 1, _log[_shown - 1]);
                }

                return;
            }

            var after = int.Parse(query["after_seq"]!);
            socket.SendSync(after, _shown - 1);
            for (var i = after + 1; i < _shown; i++)
            {
                socket.Send(i, _log[i]);
            }

            socket.SendTransient(FullState());
        }
    }
}
