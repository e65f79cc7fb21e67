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
    private readonly DynamicNamespaces _dynamic = new();
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

    /// <summary>
    /// Serves every namespace whose name goes on after <paramref name="prefix"/>: the JavaScript server's dynamic namespaces. Each is there
    /// while it has a socket. Packets of a connection that is in one do not pile up, so that its namespaces do not hold one another up.
    /// </summary>
    /// <param name="prefix">As <c>/orders/</c>.</param>
    /// <param name="handler">Serves them all.</param>
    /// <param name="label">What log lines call the part of a name that follows the prefix.</param>
    public void OfEach(string prefix, INamespaceHandler handler, string label) =>
        _dynamic.Add(new NamespaceFamily(prefix, handler, label));

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

    /// <summary>A session's sockets, of all namespaces that it is in or asks to be in. For looking at; any thread.</summary>
    /// <param name="receiver">The session's receiving end, as <see cref="Open"/> made it.</param>
    public static IEnumerable<SocketConnection> FindSockets(IEngineReceiver? receiver) =>
        receiver is SocketReceiver known ? known.Sockets : [];

    /// <summary>How many dynamic namespaces there are now.</summary>
    internal int DynamicCount => _dynamic.Count;

    internal bool Serves(string name) => _namespaces.ContainsKey(name) || _dynamic.Has(name);

    /// <summary>The namespace for one socket more, which is given back by <see cref="Release"/>; null when there is none.</summary>
    internal SocketNamespace? Acquire(string name) => _namespaces.GetValueOrDefault(name) ?? _dynamic.Acquire(name);

    internal void Release(SocketNamespace of) => _dynamic.Release(of);

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
