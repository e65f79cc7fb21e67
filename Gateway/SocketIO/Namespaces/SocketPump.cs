using Gateway.EngineIO;

namespace Gateway.SocketIO.Namespaces;

/// <summary>What became of an event that was given to a pump.</summary>
internal enum Admission
{
    /// <summary>Taken, or dropped because the socket has left.</summary>
    Done,

    /// <summary>The queue is full, and the events in it are being handled: wait for room.</summary>
    WaitForRoom,

    /// <summary>The queue is full, and its namespace has not answered the CONNECT yet.</summary>
    Overflow,
}

/// <summary>
/// Runs one socket through its handler: connect, events in order, disconnect, never two at a time. It runs only while there is
/// something to do, and holds no task or buffer otherwise. The session owns it and gives it events; its state is guarded by the
/// session's lock.
/// </summary>
internal sealed partial class SocketPump : IThreadPoolWorkItem
{
    private static readonly ConnectDecision s_failed = ConnectDecision.Refused("Internal error");
    private static readonly ConnectDecision s_gone = ConnectDecision.Refused("Disconnected");

    private readonly SocketSession _session;
    private readonly Lock _gate;
    private readonly ILogger _logger;
    private Phase _phase = Phase.Connecting;
    private DisconnectReason _reason;
    private bool _running = true;
    private bool _isDecided;
    private EventQueue? _queue;
    private TaskCompletionSource? _roomWaiter;
    private ReadOnlyMemory<byte> _auth;

    public SocketPump(
        SocketSession session, SocketNamespace socketNamespace, IEngineConnection connection, Lock gate, ReadOnlyMemory<byte> auth,
        EventQueue? earlyEvents)
    {
        _session = session;
        Namespace = socketNamespace;
        _gate = gate;
        _logger = session.Logger;
        _auth = auth;
        _queue = earlyEvents;
        Socket = new SocketConnection(socketNamespace, connection, this);
    }

    private enum Phase : byte
    {
        Connecting,
        Joined,
        Left,

        /// <summary>Left or refused, and the handler has heard all it will hear.</summary>
        Over,
    }

    public SocketConnection Socket { get; }

    public SocketNamespace Namespace { get; }

    public TimeProvider TimeProvider => _session.Server.TimeProvider;

    /// <summary>Connecting or joined. Read under the session's lock.</summary>
    public bool IsPresent => _phase is Phase.Connecting or Phase.Joined;

    /// <summary>Starts with the CONNECT. Off the read path, which goes on with heartbeats and what follows.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>Only the read path calls. An event for an idle socket is handled on the spot, up to the handler's first wait.</summary>
    public Admission Offer(in IncomingEvent incoming, bool evenIfFull)
    {
        lock (_gate)
        {
            if (!IsPresent)
            {
                return Admission.Done;
            }

            if (_running)
            {
                _queue ??= new EventQueue(_session.Server.Options);
                if (!evenIfFull && _queue.IsFullFor(incoming))
                {
                    return _phase == Phase.Connecting ? Admission.Overflow : Admission.WaitForRoom;
                }

                _queue.Enqueue(incoming);
                return Admission.Done;
            }

            _running = true;
        }

        _ = HandleAndDrainAsync(incoming);
        return Admission.Done;
    }

    /// <summary>Completes when an event has been taken from the queue, or the socket has left. Only the read path waits.</summary>
    public Task WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (_phase != Phase.Joined || _queue is null || _queue.IsEmpty)
            {
                return Task.CompletedTask;
            }

            _roomWaiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _roomWaiter.Task;
        }
    }

    /// <summary>
    /// The socket is in its namespace no more. What it said before is still handled, then the handler hears why. False when it
    /// had left already. Any thread.
    /// </summary>
    /// <param name="wasConnecting">Its CONNECT has not been answered yet.</param>
    public bool Leave(DisconnectReason reason, out bool wasConnecting)
    {
        TaskCompletionSource? roomWaiter;
        bool start;
        lock (_gate)
        {
            wasConnecting = _phase == Phase.Connecting;
            if (!IsPresent)
            {
                return false;
            }

            _phase = Phase.Left;
            _reason = reason;
            start = !_running;
            _running = true;
            roomWaiter = TakeRoomWaiter();
        }

        Socket.EndMembership();
        roomWaiter?.TrySetResult();
        if (start)
        {
            // Not here: whoever disconnects a socket may be in the middle of something that its handler would find half done.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return true;
    }

    /// <summary>For <see cref="SocketConnection.Disconnect"/>.</summary>
    public void Disconnect() => _session.Disconnect(this);

    void IThreadPoolWorkItem.Execute() => _ = _isDecided ? DrainAsync() : ConnectAsync();

    private async Task ConnectAsync()
    {
        var decision = await DecideAsync();
        if (decision.IsAccepted)
        {
            Accept();
            await DrainAsync();
        }
        else
        {
            Refuse(decision);
        }
    }

    private async ValueTask<ConnectDecision> DecideAsync()
    {
        try
        {
            return await Namespace.Handler.ConnectAsync(Socket, new ConnectRequest(_auth), Socket.Closing);
        }
        catch (OperationCanceledException) when (Socket.HasLeft)
        {
            return s_gone;
        }
        catch (Exception exception)
        {
            Log.ConnectFailed(_logger, exception, Namespace.Name);
            return s_failed;
        }
        finally
        {
            _auth = default;
        }
    }

    private void Accept()
    {
        lock (_gate)
        {
            _isDecided = true;
        }

        // A socket that we disconnected meanwhile is told both, in order: its client knows no other end of a connect.
        if (_phase == Phase.Connecting || _reason == DisconnectReason.ServerDisconnect)
        {
            _session.Send(Namespace.EncodeConnect(Socket.Id));
        }

        _session.Server.Metrics.Accepted();
        Log.Connected(_logger, Namespace.Name);
        try
        {
            Namespace.Handler.Connected(Socket);
        }
        catch (Exception exception)
        {
            Log.HandlerFailed(_logger, exception, nameof(INamespaceHandler.Connected), Namespace.Name);
        }

        bool owesDisconnect;
        lock (_gate)
        {
            _phase = _phase == Phase.Connecting ? Phase.Joined : _phase;
            owesDisconnect = _phase == Phase.Left && _reason == DisconnectReason.ServerDisconnect;
        }

        if (owesDisconnect)
        {
            _session.SendDisconnect(this);
        }
    }

    private void Refuse(ConnectDecision decision)
    {
        bool wasPresent;
        lock (_gate)
        {
            _isDecided = true;
            wasPresent = IsPresent;
            _phase = Phase.Over;
            _queue = null;
        }

        if (wasPresent)
        {
            Socket.EndMembership();
        }

        _session.Server.Metrics.Refused();
        Log.Refused(_logger, Namespace.Name);
        _session.Refuse(this, decision);
    }

    private async Task HandleAndDrainAsync(IncomingEvent first)
    {
        await HandleAsync(first);
        await DrainAsync();
    }

    private async Task DrainAsync()
    {
        bool hasLeft;
        do
        {
            while (TryTakeNext(out var incoming))
            {
                await HandleAsync(incoming);
            }
        }
        while (!TryRest(out hasLeft));

        if (hasLeft)
        {
            EndWithHandler();
        }
    }

    private async ValueTask HandleAsync(IncomingEvent incoming)
    {
        var ack = incoming.AckId is { } id ? new SocketAck(Socket, id) : null;
        try
        {
            await Namespace.Handler.EventAsync(
                Socket, new SocketEvent(incoming.Name, incoming.Arguments, incoming.Attachments, ack));
        }
        catch (OperationCanceledException) when (Socket.HasLeft)
        {
            Log.EventAbandoned(_logger, Namespace.Name);
        }
        catch (Exception exception)
        {
            Log.HandlerFailed(_logger, exception, nameof(INamespaceHandler.EventAsync), Namespace.Name);
        }
    }

    private bool TryTakeNext(out IncomingEvent incoming)
    {
        TaskCompletionSource? roomWaiter;
        lock (_gate)
        {
            if (_queue is null || _queue.IsEmpty)
            {
                incoming = default;
                return false;
            }

            incoming = _queue.Dequeue();
            roomWaiter = TakeRoomWaiter();
        }

        roomWaiter?.TrySetResult();
        return true;
    }

    // False when an event has come since the queue was found empty.
    private bool TryRest(out bool hasLeft)
    {
        lock (_gate)
        {
            hasLeft = _phase == Phase.Left;
            if (_queue is { IsEmpty: false })
            {
                return false;
            }

            _queue = null;
            _running = false;
            _phase = hasLeft ? Phase.Over : _phase;
            return true;
        }
    }

    private void EndWithHandler()
    {
        _session.Server.Metrics.Left(_reason);
        Log.Disconnected(_logger, Namespace.Name, _reason);
        try
        {
            Namespace.Handler.Disconnected(Socket, _reason);
        }
        catch (Exception exception)
        {
            Log.HandlerFailed(_logger, exception, nameof(INamespaceHandler.Disconnected), Namespace.Name);
        }
    }

    private TaskCompletionSource? TakeRoomWaiter()
    {
        var waiter = _roomWaiter;
        _roomWaiter = null;
        return waiter;
    }
}
