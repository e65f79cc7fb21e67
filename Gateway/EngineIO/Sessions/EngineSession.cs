using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

using Gateway.EngineIO.Protocol;
using Gateway.Primitives;

namespace Gateway.EngineIO.Sessions;

/// <summary>
/// One Engine.IO session; it outlives any single transport. Any thread may send and close; <see cref="Outbound"/> has exactly one reader,
/// the attached transport, and that transport alone calls <see cref="ReceiveAsync"/> and <see cref="WriteCompleted"/>, one packet at a time.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Close disposes of the heartbeat; the token source has no timer and nothing to free.")]
internal sealed partial class EngineSession : IEngineConnection, IHeartbeatOwner, IThreadPoolWorkItem
{
    private readonly EngineServices _services;
    private readonly ILogger _logger;
    private readonly Heartbeat _heartbeat;
    private readonly Lock _gate = new();
    private readonly long _began;
    private IEngineReceiver? _receiver;
    private volatile ISessionTransport _transport;

    // All below is guarded by _gate; the source is made for who asks for it. The flags are also read without
    // the lock where an older value does no harm.
    private CancellationTokenSource? _closing;
    private CloseReason _closeReason;
    private volatile bool _closed;
    private volatile bool _closesWhenFlushed;
    private volatile bool _isDeaf;
    private bool _closingBegun;
    private bool _closingDone;
    private bool _receiving;
    private bool _receiverTold;

    public EngineSession(
        EngineServices services, IEngineApplication application, EngineHandshake handshake, ConnectionScope scope, ISessionTransport transport)
    {
        _services = services;
        _transport = transport;
        _logger = new ScopedLogger(services.SessionLogger, scope);
        _began = services.Time.GetTimestamp();
        Application = application;
        Handshake = handshake;
        Scope = scope;
        Sid = SessionId.Create();
        Outbound = new OutboundQueue(services.Options.OutboundPackets, services.Options.OutboundBytes);
        _heartbeat = new Heartbeat(this, services.Time, services.Options.PingInterval, services.Options.PingTimeout);
    }

    public ConnectionId Id => Scope.Id;

    public ConnectionScope Scope { get; }

    public EngineHandshake Handshake { get; }

    public CancellationToken Closing
    {
        get
        {
            lock (_gate)
            {
                return _closingBegun ? new CancellationToken(canceled: true) : (_closing ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>The layer above; also names the endpoint that the session belongs to.</summary>
    public IEngineApplication Application { get; }

    /// <summary>The secret that later requests of the session carry. Never logged.</summary>
    public string Sid { get; }

    /// <summary>What waits for the client. The attached transport is its only reader.</summary>
    public OutboundQueue Outbound { get; }

    public ISessionTransport Transport => _transport;

    public bool IsClosed => _closed;

    /// <summary>Meaningful once <see cref="IsClosed"/>.</summary>
    public CloseReason CloseReason => _closeReason;

    bool IHeartbeatOwner.IsWriting => _transport.IsWriting;

    /// <summary>Queues the open packet, tells the layer above, starts the heartbeat. Called once, by whoever made the session.</summary>
    public void Begin(bool mayUpgrade)
    {
        var options = _services.Options;
        Outbound.TryEnqueue(OpenPacket.Create(Sid, mayUpgrade, options.PingInterval, options.PingTimeout, options.MaxPayloadBytes));
        _services.Metrics.SessionOpened();
        Log.Opened(_logger, mayUpgrade ? "polling" : "websocket");

        // Counts as receiving, so that a close from inside Open is told to the receiver that Open returns.
        _receiving = true;
        _services.Registry.Add(this);
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

    public bool TrySend(EngineMessage message) =>
        Finish(Outbound.TryEnqueue(new EnginePacket(EnginePacketType.Message, message.Data, message.IsBinary)));

    public bool TrySend(ReadOnlySpan<EngineMessage> messages)
    {
        PacketBatch batch = default;
        var packets = messages.Length <= PacketBatch.Size ? ((Span<EnginePacket>)batch)[..messages.Length] : new EnginePacket[messages.Length];
        for (var i = 0; i < messages.Length; i++)
        {
            packets[i] = new EnginePacket(EnginePacketType.Message, messages[i].Data, messages[i].IsBinary);
        }

        return Finish(Outbound.TryEnqueue(packets));
    }

    public ValueTask<bool> WaitForRoomAsync(CancellationToken cancellationToken) => Outbound.WaitForRoomAsync(cancellationToken);

    /// <summary>The only way a session ends. The first reason wins; later calls do nothing.</summary>
    public void Close(CloseReason reason)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closeReason = reason;
            _closed = true;
        }

        _heartbeat.Dispose();
        _services.Registry.Remove(this);
        _services.Metrics.SessionClosed(reason);
        var duration = _services.Time.GetElapsedTime(_began);
        Log.Closed(_logger, CloseReasons.IsOrdinary(reason) ? LogLevel.Debug : LogLevel.Information, reason, duration);
        if (Outbound.Complete())
        {
            _transport.Wake();
        }

        // Off this thread: cancellation callbacks run code of others, and callers may be inside a conversation's loop.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>What the client says from now on is not heard: the host stops, and could not answer it any more.</summary>
    public void StopReceiving() => _isDeaf = true;

    public void CloseAfterFlush(CloseReason reason, TimeSpan grace)
    {
        lock (_gate)
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
        if (Outbound.RequestPing())
        {
            _transport.Wake();
        }
    }

    /// <summary>Lets a deadline that has just passed take effect before a request is served.</summary>
    public void CheckHeartbeat() => _heartbeat.Check();

    /// <summary>The transport has written what it took; what is complete then may end the session.</summary>
    public void WriteCompleted(int packets, long bytes, bool carriedPing)
    {
        _services.Metrics.Sent(packets, bytes);
        _heartbeat.WriteCompleted(carriedPing);
        if (_closesWhenFlushed && Outbound.IsEmpty)
        {
            Close(_closeReason);
        }
    }

    /// <summary>One packet from the client; its data may be reused when the task completes. Never throws.</summary>
    public ValueTask ReceiveAsync(EnginePacket packet)
    {
        _services.Metrics.Received(packet.Data.Length);
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

    /// <summary>A fault of our own, whoever found it.</summary>
    public void Fail(Exception exception)
    {
        Log.Failed(_logger, exception);
        Close(CloseReason.InternalError);
    }

    /// <summary>From here on another transport carries the session. The old one must be at rest.</summary>
    public void SwitchTransport(ISessionTransport transport)
    {
        lock (_gate)
        {
            _transport = transport;
        }

        Log.Upgraded(_logger);
    }

    /// <summary>The part of a close that runs on a thread of its own.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        _transport.SessionClosed(_closeReason);
        CancellationTokenSource? closing;
        lock (_gate)
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

        lock (_gate)
        {
            _closingDone = true;
        }

        TellReceiver();
    }

    private bool Finish(EnqueueResult result)
    {
        switch (result)
        {
            case EnqueueResult.Queued:
                return true;
            case EnqueueResult.QueuedWakeReader:
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
        lock (_gate)
        {
            _receiving = !_closed && !_isDeaf && receiver is not null;
            return _receiving;
        }
    }

    private void EndReceive()
    {
        lock (_gate)
        {
            _receiving = false;
        }

        TellReceiver();
    }

    private void TellReceiver()
    {
        lock (_gate)
        {
            if (!_closingDone || _receiving || _receiverTold)
            {
                return;
            }

            _receiverTold = true;
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

    /// <summary>Room for an event and its attachments without an allocation.</summary>
    [InlineArray(Size)]
    private struct PacketBatch
    {
        public const int Size = 16;

        private EnginePacket _first;
    }
}
