using System.Diagnostics.CodeAnalysis;

using Gateway.EngineIO.Protocol;
using Gateway.Primitives;

namespace Gateway.EngineIO.Sessions;

/// <summary>
/// One Engine.IO session; it outlives any single transport. Any thread may send and close; <see cref="Outbound"/> has exactly one reader,
/// the attached transport, and that transport alone calls <see cref="ReceiveAsync"/>, one packet at a time, and
/// <see cref="WriteCompleted"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Close disposes of the heartbeat; the token source has no timer and nothing to free.")]
internal sealed partial class EngineSession : IEngineConnection, IHeartbeatOwner, IThreadPoolWorkItem
{
    private readonly EngineContext _services;
    private readonly ILogger _logger;
    private readonly Heartbeat _heartbeat;
    private readonly Lock _lock = new();
    private readonly SessionTraffic _traffic;
    private IEngineReceiver? _receiver;
    private volatile ISessionTransport _transport;

    // All below is guarded by the lock. The token source is made when Closing is first asked for. The flags are also read without the lock
    // where an older value does no harm.
    private CancellationTokenSource? _closing;
    private CloseReason _closeReason;
    private volatile bool _closed;
    private volatile bool _closesWhenFlushed;
    private volatile bool _inputStopped;
    private bool _closingBegun;
    private bool _closingDone;
    private bool _receiving;
    private bool _receiverNotified;
    private TaskCompletionSource? _received;

    public EngineSession(
        EngineContext services, IEngineApplication application, EngineHandshake handshake, ConnectionScope scope,
            ISessionTransport transport)
    {
        _services = services;
        _transport = transport;
        _logger = new ScopedLogger(services.SessionLogger, scope);
        _traffic = new SessionTraffic(services.Metrics, services.TimeProvider);
        Application = application;
        Handshake = handshake;
        Scope = scope;
        Sid = services.Peers.CreateSid();
        Outbound = new OutboundQueue(services.Options.OutboundPackets, services.Options.OutboundBytes);
        _heartbeat = new Heartbeat(this, services.Heartbeats, services.Options.PingInterval, services.Options.PingTimeout);
    }

    public ConnectionId Id => Scope.Id;

    public ConnectionScope Scope { get; }

    public EngineHandshake Handshake { get; }

    public CancellationToken Closing
    {
        get
        {
            lock (_lock)
            {
                return _closingBegun ? new CancellationToken(canceled: true) : (_closing ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>The layer above; also names the endpoint that the session belongs to.</summary>
    public IEngineApplication Application { get; }

    /// <summary>The secret that later requests of the session carry. Never logged.</summary>
    public string Sid { get; }

    /// <summary>Takes what the client says; null until the session has begun.</summary>
    public IEngineReceiver? Receiver => _receiver;

    /// <summary>What waits for the client. The attached transport is its only reader.</summary>
    public OutboundQueue Outbound { get; }

    public ISessionTransport Transport => _transport;

    public bool IsClosed => _closed;

    /// <summary>Meaningful once <see cref="IsClosed"/>.</summary>
    public CloseReason CloseReason => _closeReason;

    public ConnectionUsage Usage => _traffic.UsageOver(_transport.Name);

    bool IHeartbeatOwner.IsWriting => _transport.IsWriting;

    /// <summary>
    /// Queues the open packet, takes the slot, tells the layer above, starts the heartbeat. Called once, by whoever made the session.
    /// </summary>
    public void Begin(bool mayUpgrade, SessionSlot slot)
    {
        var options = _services.Options;
        _traffic.Tap = _services.Observer?.Opened(this);
        Outbound.TryEnqueue(OpenPacket.Create(Sid, mayUpgrade, options.PingInterval, options.PingTimeout, options.MaxPayloadBytes));
        _services.Metrics.SessionOpened(_transport.Name);
        Log.Opened(_logger, _transport.Name, AddressText.Of(Handshake.RemoteAddress));

        // Open counts as a call of the receiver: a close from inside it notifies the receiver that it returns, when it has returned.
        _receiving = true;
        _services.Registry.Add(this, slot);
        try
        {
            _receiver = Application.Open(this);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        _heartbeat.Start();
        EndReceive();
    }

    /// <summary>How the session stands at this moment, for a look from outside: it waits for nobody. Any thread.</summary>
    public SessionView Look() => new(Id, Usage, Outbound.Depth, _transport.IsWriting);

    /// <summary>Has what goes over the session from now on seen by <paramref name="tap"/>, or by nobody any more.</summary>
    public void SetTap(ISessionTap? tap) => _traffic.Tap = tap;

    /// <summary>As <see cref="OutboundQueue.Take"/>. Only the attached transport calls.</summary>
    public Taken Take(Span<EnginePacket> destination, long budget, bool first)
    {
        var taken = Outbound.Take(destination, budget, first);
        _heartbeat.Taken(taken.Ping);
        _traffic.Taken(destination[..taken.Count], taken.Ping);
        return taken;
    }

    public int MaxBatchBytes => Outbound.MaxBatchBytes;

    public int MaxBatch => Math.Min(PacketBatch.Size, _services.Options.OutboundPackets / 2);

    public bool TrySend(EngineMessage message) => Finish(Outbound.TryEnqueue(PacketBatch.ToPacket(message)));

    public bool TrySend(ReadOnlySpan<EngineMessage> messages)
    {
        PacketBatch batch = default;
        return Finish(Outbound.TryEnqueue(PacketBatch.ToPackets(messages, batch)));
    }

    public ValueTask<bool> SendAsync(ReadOnlySpan<EngineMessage> messages, CancellationToken cancellationToken)
    {
        PacketBatch batch = default;
        if (!Outbound.TryEnqueueInTurn(PacketBatch.ToPackets(messages, batch), cancellationToken, out var turn))
        {
            return turn;
        }

        _transport.Wake();
        return ValueTask.FromResult(true);
    }

    public void Share() => Outbound.Share(() => _transport);

    /// <summary>The only way a session ends. The first reason wins; later calls do nothing.</summary>
    public void Close(CloseReason reason)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closeReason = reason;
            _traffic.End();
            _closed = true;
        }

        _heartbeat.Dispose();
        _services.Registry.Remove(this);
        var usage = Usage;
        _traffic.Closed(reason, usage);
        Log.Closed(_logger, CloseReasons.MetricTag(reason), usage.Duration);
        Outbound.Complete();
        _transport.Wake();

        // On another thread: cancellation callbacks run code of the layers above, and the caller may be inside a conversation's loop.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>
    /// What the client says from now on is not heard: the host stops, and could not answer it any more. Completes when the message that
    /// was being received, if any, has been taken by the layer above.
    /// </summary>
    public Task StopReceivingAsync()
    {
        lock (_lock)
        {
            _inputStopped = true;
            if (!_receiving)
            {
                return Task.CompletedTask;
            }

            _received ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _received.Task;
        }
    }

    public void CloseAfterFlush(CloseReason reason, TimeSpan grace)
    {
        lock (_lock)
        {
            if (_closed || _closesWhenFlushed)
            {
                return;
            }

            _closeReason = reason;
            _closesWhenFlushed = true;
        }

        _heartbeat.CloseAfter(grace, reason);
        if (Outbound.RefuseMore())
        {
            Close(reason);
        }
    }

    void IHeartbeatOwner.SendPing()
    {
        Outbound.RequestPing();
        _transport.Wake();
    }

    /// <summary>Lets a deadline that has just passed take effect before a request is served.</summary>
    public void CheckHeartbeat() => _heartbeat.Check();

    /// <summary>
    /// Called by the transport when a piece of a large packet has been accepted: a client that reads slowly is not one that does not read.
    /// </summary>
    public void WriteProgressed() => _heartbeat.WriteProgressed();

    /// <summary>Called by the transport when it has written all that it took. Ends a session that is to close when it is flushed.</summary>
    public void WriteCompleted(int packets, long bytes, bool carriedPing)
    {
        _traffic.Written(packets, bytes);
        _heartbeat.WriteCompleted(carriedPing);
        Outbound.Written();
        if (_closesWhenFlushed && Outbound.IsFlushed)
        {
            Close(_closeReason);
        }
    }

    /// <summary>One packet from the client; its data may be reused when the task completes. Never throws.</summary>
    public ValueTask ReceiveAsync(EnginePacket packet)
    {
        _traffic.Received(packet);
        switch (packet.Type)
        {
            case EnginePacketType.Message:
                return DispatchAsync(new EngineMessage(packet.Data, packet.IsBinary));
            case EnginePacketType.Pong:
                _heartbeat.PongReceived();
                break;
            case EnginePacketType.Close:
                Close(CloseReason.ClientClosed);
                break;
            default:
                // V0 leaves a client's other packets without an answer, pings included.
                break;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Ends the session because of an exception of our own; called by whoever caught it.</summary>
    public void Fail(Exception exception)
    {
        Log.Failed(_logger, exception);
        Close(CloseReason.InternalError);
    }

    /// <summary>Another transport carries the session from here on. The old one must have no open request.</summary>
    public void SwitchTransport(ISessionTransport transport)
    {
        lock (_lock)
        {
            _transport = transport;
        }

        _services.Metrics.SessionUpgraded();
        Log.Upgraded(_logger);
    }

    /// <summary>The part of a close that runs on a thread of its own.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        _transport.SessionClosed(_closeReason);
        CancellationTokenSource? closing;
        lock (_lock)
        {
            _closingBegun = true;
            closing = _closing;
        }

        try
        {
            closing?.Cancel();
        }
        catch (AggregateException exception)
        {
            Log.Failed(_logger, exception);
        }

        lock (_lock)
        {
            _closingDone = true;
        }

        NotifyReceiver();
    }

    private bool Finish(EnqueueResult result)
    {
        switch (result)
        {
            case EnqueueResult.Queued:
                _transport.Wake();
                return true;
            case EnqueueResult.Full:
                Close(CloseReason.SlowConsumer);
                return false;
            default:
                return false;
        }
    }

    private async ValueTask DispatchAsync(EngineMessage message)
    {
        if (!TryBeginReceive(out var receiver))
        {
            return;
        }

        try
        {
            await receiver.ReceiveAsync(message);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        EndReceive();
    }

    private bool TryBeginReceive([NotNullWhen(true)] out IEngineReceiver? receiver)
    {
        receiver = _receiver;
        lock (_lock)
        {
            _receiving = !_closed && !_inputStopped && receiver is not null;
            return _receiving;
        }
    }

    private void EndReceive()
    {
        TaskCompletionSource? received;
        lock (_lock)
        {
            _receiving = false;
            received = _received;
        }

        received?.TrySetResult();
        NotifyReceiver();
    }

    private void NotifyReceiver()
    {
        lock (_lock)
        {
            if (!_closingDone || _receiving || _receiverNotified)
            {
                return;
            }

            _receiverNotified = true;
        }

        try
        {
            _receiver?.Closed(_closeReason);
        }
        catch (Exception exception)
        {
            Log.Failed(_logger, exception);
        }
    }
}
