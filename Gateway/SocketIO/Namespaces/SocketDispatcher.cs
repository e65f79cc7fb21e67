using Gateway.EngineIO;
using Gateway.Primitives;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// Takes one socket through its namespace's handler: connect, events in order, disconnect, never two calls at a time, each on a thread of
/// the pool. Its session owns it. The read path gives it events; leaving may come from any thread. A CONNECT that follows a DISCONNECT
/// waits until the socket before it has had its last call, so that one connection has one connect handler at work in a namespace,
/// however often it asks.
/// </summary>
internal sealed partial class SocketDispatcher : SerialWorker
{
    private readonly SocketSession _session;
    private readonly Lock _lock;
    private readonly SocketInbox _inbox;
    private byte[] _auth = [];
    private bool _isDecided;
    private bool _isReleased;

    // Guarded by the session's lock: the order of the sockets that follow one another in a namespace.
    private SocketDispatcher? _predecessor;
    private SocketDispatcher? _successor;

    public SocketDispatcher(SocketSession session, SocketNamespace socketNamespace, IEngineConnection connection, Lock sessionLock)
    {
        _session = session;
        _lock = sessionLock;
        _inbox = new SocketInbox(session.Server, sessionLock);
        Namespace = socketNamespace;
        Socket = new SocketConnection(socketNamespace, connection, this);
    }

    public SocketConnection Socket { get; }

    public SocketNamespace Namespace { get; }

    /// <summary>Of its connection.</summary>
    public PacketEncoding Encoding => _session.Encoding;

    /// <summary>How packets to the socket are written.</summary>
    public PacketWriter Writer => Namespace.WriterFor(_session.Encoding);

    public TimeProvider TimeProvider => _session.Server.TimeProvider;

    /// <summary>The handler has had its last call.</summary>
    public bool IsOver => _inbox.IsOver;

    /// <summary>In the namespace, or asking to be.</summary>
    public bool IsPresent => _inbox.IsPresent;

    /// <summary>Its CONNECT waits for the last call of the socket before it in the namespace.</summary>
    public bool IsWaiting
    {
        get
        {
            lock (_lock)
            {
                return _predecessor is not null;
            }
        }
    }

    /// <summary>
    /// Takes what the CONNECT brings along, which the transport owns. False when the inbound budget is spent: then the dispatcher is of
    /// no use. The session calls, before <see cref="Start"/>.
    /// </summary>
    public bool TryPrepare(ReadOnlySpan<byte> auth, EventQueue? preConnectEvents)
    {
        if (!_inbox.TryBegin(auth.Length, preConnectEvents))
        {
            Release();
            return false;
        }

        _auth = auth.ToArray();
        return true;
    }

    /// <summary>Starts with the CONNECT: now, or when <paramref name="predecessor"/> is over. The session calls, once.</summary>
    public void Start(SocketDispatcher? predecessor)
    {
        lock (_lock)
        {
            if (predecessor is { _inbox.IsOver: false })
            {
                predecessor._successor = this;
                _predecessor = predecessor;
                return;
            }
        }

        Wake();
    }

    /// <summary>
    /// Forgets a socket that has left while its CONNECT waited, and that has said nothing else: the next one waits in its place. False when
    /// its handler is to hear of it. The session calls.
    /// </summary>
    /// <param name="predecessor">Whom it has waited for.</param>
    public bool TryWithdraw(out SocketDispatcher? predecessor)
    {
        lock (_lock)
        {
            predecessor = _predecessor;
            if (predecessor is null || !_inbox.TryEndUnheard())
            {
                return false;
            }

            predecessor._successor = null;
            _predecessor = null;
        }

        Release();
        return true;
    }

    /// <summary>Only the read path calls.</summary>
    public DispatchStatus Add(in IncomingEvent incoming, bool evenIfFull)
    {
        var status = _inbox.Add(incoming, evenIfFull);
        WakeUnlessWaiting();
        return status;
    }

    /// <summary>Completes when an event has been taken from the queue, or the socket has left. Only the read path waits.</summary>
    public Task WaitForCapacityAsync(CancellationToken cancellationToken) => _inbox.WaitForCapacityAsync(cancellationToken);

    /// <summary>Completes when the handler has taken everything that the socket has said. Any thread.</summary>
    public Task WhenIdleAsync() => _inbox.WhenIdleAsync();

    /// <summary>A binary packet has begun; it is dropped when the socket leaves. Only the read path calls.</summary>
    public void BeginAssembly(BinaryAssembly assembly) => _inbox.BeginAssembly(assembly);

    /// <summary>
    /// The socket is in its namespace no more. What it said before is still handled, then the handler hears why. False when it
    /// had left already. Any thread.
    /// </summary>
    /// <param name="wasJoined">Its CONNECT had been answered.</param>
    public bool Leave(DisconnectReason reason, out bool wasJoined)
    {
        if (!_inbox.TryLeave(reason, out wasJoined))
        {
            return false;
        }

        Socket.EndMembership();
        WakeUnlessWaiting();
        return true;
    }

    /// <summary>For <see cref="SocketConnection.Disconnect"/>.</summary>
    public void Disconnect(DisconnectReason reason) => _session.Disconnect(this, reason);

    /// <summary>For <see cref="SocketConnection"/>: events were queued for the client.</summary>
    public void EventsSent(int count) => _session.EventsSent(count);

    protected override async ValueTask RunAsync()
    {
        if (!_isDecided)
        {
            await ConnectAsync();
        }

        while (true)
        {
            switch (_inbox.TakeNext(out var incoming, out var reason))
            {
                case NextCall.Event:
                    await Namespace.Handler.EventAsync(Socket, incoming, _session.Logger);
                    break;
                case NextCall.End:
                    TellDisconnected(reason);
                    End();
                    return;
                default:
                    return;
            }
        }
    }

    protected override void OnFault(Exception exception)
    {
        Log.Failed(_session.Logger, exception);
        _session.Fault();
        if (_inbox.TryLeave(DisconnectReason.ServerDisconnect, out _))
        {
            Socket.EndMembership();
        }

        // What it said is lost with the fault, but whoever was told that it came is told that it went.
        DisconnectReason? reason;
        while (_inbox.TakeNext(out _, out reason) == NextCall.Event)
        {
        }

        TellDisconnected(_isDecided ? reason : null);
        End();
    }

    private async ValueTask ConnectAsync()
    {
        var decision = await Namespace.Handler.ConnectAsync(Socket, new ConnectRequest(_auth), _session.Logger);
        _auth = [];
        _isDecided = true;
        await (decision.IsAccepted ? AcceptAsync() : RefuseAsync(decision));
    }

    private async ValueTask AcceptAsync()
    {
        _inbox.Admit();
        await AnswerAsync();
        _session.Server.Metrics.Accepted();
        Namespace.Handler.Connected(Socket, _session.Logger);
        Log.Connected(_session.Logger, Namespace.LogName);

        var isWelcome = _inbox.Join();
        _session.Accepted();
        if (!isWelcome)
        {
            await _session.SendDisconnectAsync(this);
        }
    }

    /// <summary>Sends the CONNECT answer in its turn: behind what the handler has sent, however slowly the client reads.</summary>
    private async ValueTask AnswerAsync()
    {
        // Twice at most: when the socket leaves while the answer waits, it is asked again whether one is due.
        var answer = Writer.Connect(Socket.Id);
        var isSent = false;
        while (!isSent && _inbox.IsAnswerDue(out var isPresent))
        {
            isSent = await _session.TrySendInTurnAsync(answer, isPresent ? Socket.Closing : CancellationToken.None) || !isPresent;
        }
    }

    private async ValueTask RefuseAsync(ConnectDecision decision)
    {
        if (_inbox.Refuse(out var isAnswerDue))
        {
            Socket.EndMembership();
        }

        _session.Server.Metrics.Refused();
        Log.Refused(_session.Logger, Namespace.LogName);
        await _session.RefuseAsync(Writer, isAnswerDue ? decision : null);
    }

    // No reason: the socket was refused, and the handler never had it.
    private void TellDisconnected(DisconnectReason? reason)
    {
        if (reason is { } known)
        {
            _session.Server.Metrics.Left(known);
            Log.Disconnected(_session.Logger, Namespace.LogName, DisconnectReasons.MetricTag(known));
            Namespace.Handler.Disconnected(Socket, known, _session.Logger);
        }
    }

    /// <summary>The handler has had its last call; the CONNECT that waits for that begins.</summary>
    private void End()
    {
        SocketDispatcher? successor;
        lock (_lock)
        {
            _inbox.End();
            successor = _successor;
            _successor = null;
            if (successor is not null)
            {
                successor._predecessor = null;
            }
        }

        // Nobody asks for it any more; the dispatcher may be kept for as long as the connection.
        Socket.State = null;
        Release();
        successor?.Wake();
    }

    private void Release()
    {
        if (!Interlocked.Exchange(ref _isReleased, true))
        {
            _session.Server.Release(Namespace);
        }
    }

    // Whoever ends the waiting wakes it; a run before that would begin its CONNECT too early.
    private void WakeUnlessWaiting()
    {
        if (!IsWaiting)
        {
            Wake();
        }
    }
}
