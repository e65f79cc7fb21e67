using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.WebSockets;

/// <summary>
/// Carries one session over one WebSocket: reads in <see cref="RunAsync"/>, writes through its <see cref="WebSocketSender"/>. Owns the
/// connection's stream while it runs; does not own the session. The session calls it from any thread.
/// </summary>
internal sealed class WebSocketTransport : ISessionTransport, IPingReceiver, IDisposable
{
    private readonly WebSocketConnection _connection;
    private readonly WebSocketReader _reader;
    private readonly EngineContext _services;
    private WebSocketSender? _sender;
    private bool _isRefused;

    public WebSocketTransport(WebSocketConnection connection, EngineContext services)
    {
        _connection = connection;
        _services = services;
        _reader = new WebSocketReader(
            connection.Stream, services.Options, connection.Deflate is not null, services.InboundBudget, this);
    }

    public string Name => TransportNames.WebSocket;

    public bool IsWriting => _sender is { IsWriting: true };

    public void Wake() => _sender?.Wake();

    public void Share() => (_connection.Stream as IUnsentLimit)?.LimitUnsent();

    /// <summary>The close handshake has a time limit, and the write that the close frame may be waiting behind has the same one.</summary>
    public void SessionClosed(CloseReason reason) =>
        _connection.AbortAfter(
            reason == CloseReason.TransportLost ? TimeSpan.Zero : _services.Options.CloseTimeout, _services.TimeProvider);

    /// <summary>The client has closed the connection, or it is gone: what <see cref="ReadProbeAsync"/> has found.</summary>
    public bool IsLeft { get; private set; }

    /// <summary>
    /// Reads one message before there is a session to give it to: the packets of an upgrade. Null when it is none, or none comes any more.
    /// </summary>
    public async ValueTask<EnginePacket?> ReadProbeAsync()
    {
        var read = await _reader.ReadAsync();
        IsLeft = read.Outcome is ReadOutcome.Close or ReadOutcome.Lost;
        return read.Outcome == ReadOutcome.Text
            && EnginePacketCodec.TryDecode(read.Data, out var packet) == DecodeStatus.Ok ? packet : null;
    }

    /// <summary>Writes one packet before the session is switched over.</summary>
    public ValueTask WriteProbeAsync(in EnginePacket packet)
    {
        var frame = new byte[packet.EncodedBound];
        var length = WebSocketFrameCodec.WritePacket(frame, packet);
        return _connection.Stream.WriteAsync(frame.AsMemory(0, length));
    }

    /// <summary>
    /// Carries the session until the connection is over, and disposes of itself. The session has been given this transport, and no other
    /// transport takes from its queue any more.
    /// </summary>
    public async Task RunAsync(EngineSession session)
    {
        using var self = this;
        var sender = Attach(session);
        var outcome = ReadOutcome.Text;
        while (outcome is ReadOutcome.Text or ReadOutcome.Binary)
        {
            // An idle client waits here and no deeper: each asynchronous method on the stack would hold memory for it.
            try
            {
                await _reader.WaitAsync();
            }
            catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
            {
                // The read below meets the same fault and turns it into an outcome.
            }

            outcome = await ReceiveAsync(session, sender);
        }

        await sender.Done;
        if (outcome == ReadOutcome.Refused)
        {
            await DrainAsync();
        }
    }

    /// <summary>Closes a connection that never gets a session. The text is ASCII.</summary>
    public async Task RefuseAsync(ushort code, ReadOnlyMemory<byte> text)
    {
        _isRefused = true;
        _connection.AbortAfter(_services.Options.CloseTimeout, _services.TimeProvider);
        var frame = new byte[WebSocketFrameCodec.MaxServerHeader + WebSocketFrameCodec.MaxControlPayload];
        await _connection.Stream.WriteAsync(frame.AsMemory(0, WebSocketClosePayload.WriteFrame(frame, code, text.Span)));
        ReadOutcome outcome;
        do
        {
            // Messages before the client's close frame are dropped: there is no session to give them to.
            outcome = (await _reader.ReadAsync()).Outcome;
        }
        while (outcome is ReadOutcome.Text or ReadOutcome.Binary);
        if (outcome == ReadOutcome.Refused)
        {
            await DrainAsync();
        }
    }

    ValueTask IPingReceiver.AnswerAsync(ReadOnlyMemory<byte> payload)
    {
        if (_sender is { } sender)
        {
            sender.Pong(payload.Span);
            return ValueTask.CompletedTask;
        }

        // Before there is a session nothing else is written while a message is read.
        return _isRefused ? ValueTask.CompletedTask : WritePongAsync(payload);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _reader.Dispose();
    }

    private ValueTask WritePongAsync(ReadOnlyMemory<byte> payload)
    {
        var frame = new byte[WebSocketFrameCodec.MaxServerHeader + payload.Length];
        return _connection.Stream.WriteAsync(frame.AsMemory(0, WebSocketFrameCodec.WritePong(frame, payload.Span)));
    }

    private WebSocketSender Attach(EngineSession session)
    {
        var sender = new WebSocketSender(_connection.Stream, session, _connection.Deflate, _services);
        _sender = sender;
        if (session.Outbound.IsShared)
        {
            Share();
        }

        sender.Wake();
        if (session.IsClosed)
        {
            // The close may have been announced to the transport before this one.
            SessionClosed(session.CloseReason);
        }

        return sender;
    }

    /// <summary>One message, or the end of them: then the session is closed as well.</summary>
    private async ValueTask<ReadOutcome> ReceiveAsync(EngineSession session, WebSocketSender sender)
    {
        var read = await _reader.ReadAsync();
        switch (read.Outcome)
        {
            case ReadOutcome.Binary:
                await session.ReceiveAsync(EnginePacket.Binary(read.Data));
                break;
            case ReadOutcome.Text:
                await ReceiveTextAsync(session, sender, read.Data);
                break;
            case ReadOutcome.Close:
                sender.CloseWith(read.CloseCode);
                session.Close(CloseReason.ClientClosed);
                break;
            case ReadOutcome.Lost:
                sender.GiveUp();
                session.Close(CloseReason.TransportLost);
                break;
            default:
                session.Close(read.Reason);
                break;
        }

        return read.Outcome;
    }

    private static ValueTask ReceiveTextAsync(EngineSession session, WebSocketSender sender, ReadOnlyMemory<byte> text)
    {
        var status = EnginePacketCodec.TryDecode(text, out var packet);
        if (status == DecodeStatus.Ok)
        {
            return session.ReceiveAsync(packet);
        }

        if (status == DecodeStatus.InvalidUtf8)
        {
            sender.CloseWith(WebSocketClosePayload.InvalidData);
        }

        // The framing is sound: the caller reads on, and finds the client's close frame.
        session.Close(CloseReason.ProtocolError);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Lets the client read the close frame: a connection that is dropped with bytes unread takes unread bytes of ours with it.
    /// </summary>
    private async ValueTask DrainAsync()
    {
        using var limit = new CancellationTokenSource(_services.Options.CloseTimeout, _services.TimeProvider);
        await _reader.DrainAsync(limit.Token);
    }
}
