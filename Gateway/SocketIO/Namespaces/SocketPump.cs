using Gateway.EngineIO;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO.Namespaces;

/// <summary>What became of an event that was given to a pump.</summary>
internal enum Admission
{
    /// <summary>Taken, or dropped because the socket has left.</summary>
    Done,

    /// <summary>The queue is full, and the events in it are being handled: wait for room.</summary>
    WaitForRoom,

    /// <summary>The queue is full, and the CONNECT is not answered yet.</summary>
    Overflow,
}

/// <summary>
/// Runs one socket through its handler: connect, events in order, disconnect, never two at a time. It runs only while there is
/// something to do, and holds no task or buffer otherwise. The session owns it; the read path gives it events. Its state is
/// guarded by the session's lock.
/// </summary>
internal sealed partial class SocketPump : IThreadPoolWorkItem
{
    private readonly SocketSession _session;
    private readonly Lock _gate;
    private ReadOnlyMemory<byte> _auth;
    private Phase _phase = Phase.Connecting;
    private DisconnectReason? _reason;
    private bool _isRunning = true;
    private bool _isDecided;
    private EventQueue? _queue;
    private TaskCompletionSource? _roomWaiter;
    private AttachmentAssembly? _assembly;

    public SocketPump(SocketSession session, SocketNamespace socketNamespace, IEngineConnection connection, Lock gate)
    {
        _session = session;
        _gate = gate;
        Namespace = socketNamespace;
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
    public void Start(ReadOnlyMemory<byte> auth, EventQueue? earlyEvents)
    {
        _auth = auth;
        _queue = earlyEvents;
        _session.Server.PumpStarted();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Only the read path calls. An event for an idle socket is handled on the spot, up to the handler's first wait.</summary>
    public Admission Offer(in IncomingEvent incoming, bool evenIfFull)
    {
        lock (_gate)
        {
            if (!IsPresent)
            {
                return Admission.Done;
            }

            if (_isRunning)
            {
                _queue ??= new EventQueue(_session.Server.Options);
                if (!evenIfFull && _queue.IsFullFor(incoming))
                {
                    return _phase == Phase.Connecting ? Admission.Overflow : Admission.WaitForRoom;
                }

                _queue.Enqueue(incoming);
                return Admission.Done;
            }

            _isRunning = true;
        }

        _session.Server.PumpStarted();
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

    /// <summary>A binary packet has begun. Nothing is kept for a socket that has left. Only the read path calls.</summary>
    public void BeginAssembly(in SocketPacket header)
    {
        var assembly = new AttachmentAssembly(header, header.CopyArguments(), _session.Server.Options.MaxBinaryBytes);
        lock (_gate)
        {
            _assembly = IsPresent ? assembly : null;
        }
    }

    /// <summary>False when the packet grows beyond its bound. Only the read path calls.</summary>
    public bool TryAddAttachment(ReadOnlySpan<byte> attachment)
    {
        lock (_gate)
        {
            return _assembly is null || _assembly.TryAdd(attachment);
        }
    }

    /// <summary>The binary packet that was begun; null when the socket has left meanwhile. Only the read path calls.</summary>
    public AttachmentAssembly? TakeAssembly()
    {
        lock (_gate)
        {
            var assembly = _assembly;
            _assembly = null;
            return assembly;
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
            _assembly = null;
            start = !_isRunning;
            _isRunning = true;
            roomWaiter = TakeRoomWaiter();
        }

        Socket.EndMembership();
        roomWaiter?.TrySetResult();
        if (start)
        {
            // Not here: whoever disconnects a socket may be in the middle of something that its handler would find half done.
            _session.Server.PumpStarted();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return true;
    }

    /// <summary>For <see cref="SocketConnection.Disconnect"/>.</summary>
    public void Disconnect() => _session.Disconnect(this);

    void IThreadPoolWorkItem.Execute() => _ = _isDecided ? DrainAsync() : ConnectAsync();

    private async Task ConnectAsync()
    {
        var decision = await Namespace.Handler.ConnectAsync(Socket, new ConnectRequest(_auth), _session.Logger);
        _auth = default;
        if (decision.IsAccepted)
        {
            Accept();
            await DrainAsync();
        }
        else
        {
            Refuse(decision);
            _session.Server.PumpRested();
        }
    }

    private void Accept()
    {
        bool isAnswered;
        lock (_gate)
        {
            _isDecided = true;

            // A socket that we disconnected meanwhile is told both, in order: its client knows no other end of a connect.
            isAnswered = _phase == Phase.Connecting || _reason == DisconnectReason.ServerDisconnect;
        }

        if (isAnswered)
        {
            _session.Send(Namespace.EncodeConnect(Socket.Id));
        }

        _session.Server.Metrics.Accepted();
        Namespace.Handler.Connected(Socket, _session.Logger);
        Log.Connected(_session.Logger, Namespace.Name);

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
        bool isAnswered;
        lock (_gate)
        {
            _isDecided = true;
            wasPresent = IsPresent;

            // A client that has left may have asked again: this answer would pass for the next one.
            isAnswered = wasPresent || _reason == DisconnectReason.ServerDisconnect;
            _phase = Phase.Over;
            _queue = null;
            _assembly = null;
        }

        if (wasPresent)
        {
            Socket.EndMembership();
        }

        _session.Server.Metrics.Refused();
        Log.Refused(_session.Logger, Namespace.Name);
        if (isAnswered)
        {
            _session.Refuse(Namespace.Name, decision);
        }
    }

    private async Task HandleAndDrainAsync(IncomingEvent first)
    {
        await Namespace.Handler.EventAsync(Socket, first, _session.Logger);
        await DrainAsync();
    }

    private async Task DrainAsync()
    {
        bool hasLeft;
        do
        {
            while (TryTakeNext(out var incoming))
            {
                await Namespace.Handler.EventAsync(Socket, incoming, _session.Logger);
            }
        }
        while (!TryRest(out hasLeft));

        if (hasLeft)
        {
            var reason = _reason ?? throw new InvalidOperationException("A socket that left for no reason.");
            _session.Server.Metrics.Left(reason);
            Log.Disconnected(_session.Logger, Namespace.Name, reason);
            Namespace.Handler.Disconnected(Socket, reason, _session.Logger);
        }

        _session.Server.PumpRested();
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
            _isRunning = false;
            _phase = hasLeft ? Phase.Over : _phase;
            return true;
        }
    }

    private TaskCompletionSource? TakeRoomWaiter()
    {
        var waiter = _roomWaiter;
        _roomWaiter = null;
        return waiter;
    }
}
