using System.Collections.Concurrent;

using Gateway.EngineIO;
using Gateway.EngineIO.Admission;

using Microsoft.Extensions.Options;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// A Socket.IO 5 server over any number of Engine.IO sessions: the JavaScript server's <c>io</c>. <see cref="Of"/> adds a namespace with
/// its handler, <c>MapEngineIO</c> serves it at a path, <see cref="SocketNamespace.To"/> emits to a room. Namespaces are added before
/// the first session opens; every other member may be called from any thread.
/// </summary>
internal sealed class SocketServer(
    IOptions<SocketIOOptions> options,
    SocketMetrics metrics,
    InboundBudget inboundBudget,
    TimeProvider timeProvider,
    ILoggerFactory loggerFactory)
    : IEngineApplication
{
    private readonly ConcurrentDictionary<string, SocketNamespace> _namespaces = new(StringComparer.Ordinal);
    private readonly ILogger _sessionLogger = loggerFactory.CreateLogger<SocketSession>();
    private readonly ConnectionLog _connectionLog = new(loggerFactory);
    private long _runningDispatchers;
    private TaskCompletionSource? _idle;

    public SocketIOOptions Options { get; } = options.Value;

    public SocketMetrics Metrics => metrics;

    /// <summary>Where the end of each connection is written down.</summary>
    public ConnectionLog ConnectionLog => _connectionLog;

    /// <summary>What strangers and unfinished packets of all sessions may hold.</summary>
    public InboundBudget InboundBudget => inboundBudget;

    public TimeProvider TimeProvider => timeProvider;

    /// <summary>Adds a namespace; clients may connect to no other. <c>/</c> is the main one, every name begins with it.</summary>
    public SocketNamespace Of(string name, INamespaceHandler handler)
    {
        var added = new SocketNamespace(name, handler);
        return _namespaces.TryAdd(name, added)
            ? added
            : throw new ArgumentException($"The namespace {name} is served already.", nameof(name));
    }

    public IEngineReceiver Open(IEngineConnection connection) =>
        new SocketReceiver(new SocketSession(this, connection, _sessionLogger), connection);

    /// <summary>
    /// Completes when no socket's handler is at work: for a host that stops, after its connections have ended. What clients had
    /// said by then has been handled.
    /// </summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken)
    {
        var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var idle = Interlocked.CompareExchange(ref _idle, created, null) ?? created;
        if (Interlocked.Read(ref _runningDispatchers) == 0)
        {
            OnIdle();
        }

        return idle.Task.WaitAsync(cancellationToken);
    }

    /// <summary>A session's socket in a namespace; null while it has none there. For looking at; any thread.</summary>
    /// <param name="receiver">The session's receiving end, as <see cref="Open"/> made it.</param>
    /// <param name="namespaceName">As <c>/</c>.</param>
    public static SocketConnection? FindSocket(IEngineReceiver? receiver, string namespaceName) =>
        receiver is SocketReceiver known && known.Find(namespaceName) is { IsPresent: true } dispatcher ? dispatcher.Socket : null;

    internal SocketNamespace? Find(string name) => _namespaces.GetValueOrDefault(name);

    internal void DispatcherStarted() => Interlocked.Increment(ref _runningDispatchers);

    internal void DispatcherIdle()
    {
        if (Interlocked.Decrement(ref _runningDispatchers) == 0)
        {
            OnIdle();
        }
    }

    private void OnIdle() => Interlocked.Exchange(ref _idle, null)?.TrySetResult();
}
