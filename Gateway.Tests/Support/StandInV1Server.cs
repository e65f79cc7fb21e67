using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;

using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A V1 agent-server that plays a recorded log: both generations of socket, the REST routes around them, and what can go wrong. Each call
/// of a user (message, confirmation, run, pause, interrupt) brings the next part of the log. Thread-safe; owned by one test.
/// </summary>
internal sealed partial class StandInV1Server : IAsyncDisposable
{
    public const string AppKey = "an-app-key";

    private readonly Lock _lock = new();
    private readonly List<JObject> _log;
    private readonly Queue<int> _parts;
    private readonly List<StandInSocket> _sockets = [];
    private readonly TaskCompletionSource _firstJoined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _lastLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<int?> _clientCloses = new();
    private readonly ConcurrentQueue<string> _traces = new();
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
        Rest = new StandInV1Rest(this);
    }

    public Guid ConversationId { get; }

    public string Version { get; init; } = "1.57.0";

    /// <summary>An older server refuses the session socket.</summary>
    public bool HasSessionSocket { get; init; } = true;

    public string? Key { get; init; }

    public string ConfirmationPolicy { get; init; } = "NeverConfirm";

    /// <summary>What it tells of the conversation besides the kind of its policy; a look at it may be answered at any time.</summary>
    public Action<JObject> Tell { get; init; } = static _ => { };

    /// <summary>Frames that a socket, by its number from 0, gets before it is cut; null: all. Every second cut is told.</summary>
    public Func<int, int?> CutAfter { get; set; } = static _ => null;

    /// <summary>A close code with which a socket ends at once, by its number; null: it does not.</summary>
    public Func<int, int?> CloseWith { get; set; } = static _ => null;

    /// <summary>The reason that goes with <see cref="CloseWith"/>.</summary>
    public string CloseReason { get; set; } = "";

    /// <summary>The largest frame of a socket, in characters: 1013 for a larger one.</summary>
    public int MaxFrame { get; set; } = int.MaxValue;

    /// <summary>The conversation has a container behind an outer server, which tells every close as a plain 1000.</summary>
    public bool IsContainer { get; init; }

    /// <summary>Sockets, by number, that get nothing.</summary>
    public Func<int, bool> IsSilent { get; set; } = static _ => false;

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

    /// <summary>What the app server (this process too, with another key than <see cref="Key"/>) says of the sandbox.</summary>
    public string? SandboxStatus { get => _sandboxStatus; set => _sandboxStatus = value; }

    /// <summary>Calls are refused with a text that repeats the key, as some servers do.</summary>
    public bool RefusesWithKey { get; set; }

    /// <summary>How long the server runs already; whole seconds of it are told.</summary>
    public Func<TimeSpan> Uptime { get; set; } = static () => TimeSpan.FromHours(1);

    /// <summary>An agent that does what it is asked, in place of a recording; null: a recording is played.</summary>
    public StandInV1Agent? Agent { get; set; }

    /// <summary>What it answers beside its sockets.</summary>
    public StandInV1Rest Rest { get; }

    /// <summary>Every POST so far: its path below the conversation, and its body.</summary>
    public IReadOnlyCollection<string> Calls => Rest.Calls;

    /// <summary>Completes when there is a subscriber.</summary>
    public Task FirstJoined => _firstJoined.Task;

    /// <summary>Completes when there was a subscriber and none is left.</summary>
    public Task LastLeft => _lastLeft.Task;

    /// <summary>The close code of each client that has gone, in order; null for one that was cut, or went without a word.</summary>
    public IReadOnlyCollection<int?> ClientCloses => _clientCloses;

    /// <summary>The <c>traceparent</c> of each request, in order; empty for one without.</summary>
    public IReadOnlyCollection<string> Traces => _traces;

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

    /// <summary>Events happen that no recording has.</summary>
    public void Append(params JObject[] events)
    {
        lock (_lock)
        {
            _log.InsertRange(_shown, events);
            Show(events.Length);
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

    /// <summary>Closes every open socket, after what is sent already.</summary>
    public void CloseAll(int code, string reason = "")
    {
        lock (_lock)
        {
            _sockets.ForEach(socket => socket.Close(code, reason));
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

    /// <summary>How many events have happened.</summary>
    public int Shown => Volatile.Read(ref _shown);

    /// <summary>The status as far as the log is shown.</summary>
    public string Status
    {
        get
        {
            lock (_lock)
            {
                return _log.Take(_shown).LastOrDefault(static e => e.Text("key") == "execution_status")?.Text("value") ?? "idle";
            }
        }
    }

    /// <summary>A user has called: the next part of the log happens.</summary>
    public void ShowNextPart()
    {
        int part;
        lock (_lock)
        {
            _ = _parts.TryDequeue(out part);
        }

        Show(part);
    }

    public JObject Page(string? pageId, int limit, bool newestFirst = false)
    {
        lock (_lock)
        {
            var shown = _log.GetRange(0, _shown);
            if (newestFirst)
            {
                shown.Reverse();
            }

            return StandInAnswer.Page(shown, SortsByTime && !newestFirst, pageId, limit);
        }
    }

    private JObject FullState() => StandInAnswer.FullState(Rest.Info(ConversationId));

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
        _traces.Enqueue($"{context.Request.Headers.TraceParent}");
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
            await StandInAnswer.WriteAsync(
                context, 200, new JObject { ["uptime"] = Math.Floor(Uptime().TotalSeconds), ["version"] = Version });
        }
        else if (path.StartsWith("/sockets/", StringComparison.Ordinal))
        {
            await HandleSocketAsync(context, path.StartsWith("/sockets/session/", StringComparison.Ordinal));
        }
        else if (path == "/api/v1/app-conversations")
        {
            var isKnown = context.Request.Headers["X-Session-API-Key"] == AppKey;
            await StandInAnswer.WriteAsync(context, isKnown ? 200 : 401, new JArray(AppConversation()));
        }
        else if (Key is not null && context.Request.Headers["X-Session-API-Key"] != Key)
        {
            await StandInAnswer.WriteAsync(context, 401, new JObject { ["detail"] = "Unauthorized" });
        }
        else
        {
            await Rest.HandleAsync(context, path);
        }
    }
}
