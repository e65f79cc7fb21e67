using Gateway.EngineIO.Admission;
using Gateway.Primitives;

namespace Gateway.SocketIO.Namespaces;

/// <summary>What became of an event that was given to a socket.</summary>
internal enum DispatchStatus
{
    /// <summary>Queued for the handler, or dropped because the socket has left.</summary>
    Done,

    /// <summary>The queue is full, and the events in it are being handled: wait for capacity and try again.</summary>
    WaitForCapacity,

    /// <summary>The queue is full, and the client is not let in yet.</summary>
    TooMuchBeforeAnswer,

    /// <summary>The client is not let in yet, and all clients together hold as much before theirs as they may.</summary>
    BudgetSpent,
}

/// <summary>What a socket's handler is to be called for next.</summary>
internal enum NextCall
{
    /// <summary>Nothing for now.</summary>
    None,
    Event,

    /// <summary>The socket has left, and all that it said is handled.</summary>
    End,
}

/// <summary>
/// Where one socket stands between its client and its handler: whether it is in its namespace, what it has said that is not handled
/// yet, and the binary packet that is arriving. Any thread, under the session's lock, which every member takes. The
/// <see cref="SocketDispatcher"/> owns it.
/// </summary>
internal sealed class SocketInbox(SocketServer server, Lock sessionLock)
{
    private Phase _phase = Phase.Connecting;
    private DisconnectReason? _reason;
    private bool _isAdmitted;
    private bool _owesCall;
    private EventQueue? _queue;
    private AsyncSignal? _capacity;
    private TaskCompletionSource? _idle;
    private BinaryAssembly? _assembly;

    private enum Phase : byte
    {
        Connecting,
        Joined,

        /// <summary>In the namespace no more, or refused.</summary>
        Left,

        /// <summary>Left, and the handler has heard all that it will hear.</summary>
        Over,
    }

    /// <summary>In the namespace, or asking to be.</summary>
    public bool IsPresent
    {
        get
        {
            lock (sessionLock)
            {
                return _phase is Phase.Connecting or Phase.Joined;
            }
        }
    }

    /// <summary>The handler has had its last call for this socket.</summary>
    public bool IsOver
    {
        get
        {
            lock (sessionLock)
            {
                return _phase == Phase.Over;
            }
        }
    }

    /// <summary>
    /// Takes what the CONNECT brings along: its auth payload is counted, the events before it are queued. False when the inbound budget
    /// is spent; then the socket is of no use. Called first.
    /// </summary>
    public bool TryBegin(int authBytes, EventQueue? preConnectEvents)
    {
        lock (sessionLock)
        {
            _queue = preConnectEvents;
            if (authBytes > 0)
            {
                _queue ??= new EventQueue(server.Options, server.InboundBudget);
                if (!_queue.TryHold(authBytes))
                {
                    _queue.Dispose();
                    return false;
                }
            }

            OweCall();
            return true;
        }
    }

    /// <summary>Takes an event that has been read, of any size when <paramref name="evenIfFull"/>. Only the read path calls.</summary>
    public DispatchStatus Add(in IncomingEvent incoming, bool evenIfFull)
    {
        lock (sessionLock)
        {
            if (!IsPresent)
            {
                return DispatchStatus.Done;
            }

            _queue ??= new EventQueue(server.Options, _isAdmitted ? null : server.InboundBudget);
            if (evenIfFull)
            {
                _queue.Enqueue(incoming);
            }
            else if (_queue.TryEnqueue(incoming) is var status and not EnqueueStatus.Queued)
            {
                if (status == EnqueueStatus.BudgetSpent)
                {
                    return DispatchStatus.BudgetSpent;
                }

                if (!_isAdmitted)
                {
                    return DispatchStatus.TooMuchBeforeAnswer;
                }

                // Made here: an event that is taken before the wait begins must end it.
                _capacity ??= new AsyncSignal();
                return DispatchStatus.WaitForCapacity;
            }

            OweCall();
            return DispatchStatus.Done;
        }
    }

    /// <summary>
    /// Completes when an event has been taken from the queue since <see cref="Add"/> found it full, or the socket has left. Only the read
    /// path waits.
    /// </summary>
    public Task WaitForCapacityAsync(CancellationToken cancellationToken)
    {
        lock (sessionLock)
        {
            return IsPresent && _capacity is not null ? _capacity.WaitAsync(cancellationToken) : Task.CompletedTask;
        }
    }

    /// <summary>Completes when the handler is owed no call. Any thread.</summary>
    public Task WhenIdleAsync()
    {
        lock (sessionLock)
        {
            return !_owesCall
                ? Task.CompletedTask
                : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>A binary packet has begun; it is dropped when the socket leaves. Only the read path calls.</summary>
    public void BeginAssembly(BinaryAssembly assembly)
    {
        lock (sessionLock)
        {
            if (IsPresent)
            {
                _assembly = assembly;
                return;
            }
        }

        assembly.Dispose();
    }

    /// <summary>The client is let in: what it says is its own from now on, and no stranger's. The answer is still to be sent.</summary>
    public void Admit()
    {
        lock (sessionLock)
        {
            _isAdmitted = true;
            _queue?.Admit();
        }
    }

    /// <summary>
    /// Whether the CONNECT answer is to be sent. A client that has left may have asked again: an answer to what it asked before would
    /// pass for the next one. A socket that we disconnected is told both, in order: its client knows no other end of a connect.
    /// </summary>
    public bool IsAnswerDue(out bool isPresent)
    {
        lock (sessionLock)
        {
            isPresent = IsPresent;
            return isPresent || IsByServer;
        }
    }

    /// <summary>The CONNECT is answered. False when the server has disconnected the socket meanwhile, and owes it a DISCONNECT.</summary>
    public bool Join()
    {
        lock (sessionLock)
        {
            _phase = _phase == Phase.Connecting ? Phase.Joined : _phase;
            return !IsByServer;
        }
    }

    /// <summary>
    /// The socket is in its namespace no more; what it said before is still handled. False when it had left already.
    /// </summary>
    /// <param name="wasJoined">Its CONNECT had been answered.</param>
    public bool TryLeave(DisconnectReason? reason, out bool wasJoined)
    {
        lock (sessionLock)
        {
            wasJoined = _phase == Phase.Joined;
            if (!IsPresent)
            {
                return false;
            }

            _phase = Phase.Left;
            _reason = reason;
            _assembly?.Dispose();
            _assembly = null;
            _capacity?.Set();
            OweCall();
            return true;
        }
    }

    /// <summary>
    /// The CONNECT was refused: what came with it and after it is dropped, and the handler hears nothing more. True when the socket was
    /// present until now.
    /// </summary>
    /// <param name="isAnswerDue">As <see cref="IsAnswerDue"/>.</param>
    public bool Refuse(out bool isAnswerDue)
    {
        lock (sessionLock)
        {
            isAnswerDue = IsAnswerDue(out _);
            var wasPresent = TryLeave(null, out _);
            _reason = null;
            _queue?.Dispose();
            _queue = null;
            return wasPresent;
        }
    }

    /// <summary>
    /// The next event, or the end with its reason, which is null for a socket that was refused. Only the dispatcher's run calls.
    /// </summary>
    public NextCall TakeNext(out IncomingEvent incoming, out DisconnectReason? reason)
    {
        lock (sessionLock)
        {
            incoming = default;
            reason = _reason;
            if (_queue is { IsEmpty: false })
            {
                incoming = _queue.Dequeue();
                _capacity?.Set();
                return NextCall.Event;
            }

            // Idle, or nearly so: the next event gets a new one.
            _queue = null;
            if (_phase == Phase.Left)
            {
                return NextCall.End;
            }

            PayCall();
            return NextCall.None;
        }
    }

    /// <summary>A socket that has left and has said nothing is over, and its handler hears nothing. False when it is not so.</summary>
    public bool TryEndUnheard()
    {
        lock (sessionLock)
        {
            if (_phase != Phase.Left || _queue is { IsEmpty: false })
            {
                return false;
            }

            End();
            return true;
        }
    }

    /// <summary>The handler has had its last call. Called once.</summary>
    public void End()
    {
        lock (sessionLock)
        {
            _phase = Phase.Over;
            _queue?.Dispose();
            _queue = null;
            PayCall();
        }
    }

    // We have disconnected it, and its connection may go on.
    private bool IsByServer => _reason is DisconnectReason.ServerDisconnect or DisconnectReason.AccessEnded;

    // A run may find nothing to do: then it owed nothing.
    private void PayCall()
    {
        if (_owesCall)
        {
            _owesCall = false;
            _idle?.TrySetResult();
            _idle = null;
            server.DispatcherIdle();
        }
    }

    // The server counts the sockets whose handlers are owed a call, to know when it is idle.
    private void OweCall()
    {
        if (!_owesCall)
        {
            _owesCall = true;
            server.DispatcherStarted();
        }
    }
}
