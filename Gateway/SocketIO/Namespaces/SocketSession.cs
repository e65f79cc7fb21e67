using Gateway.EngineIO;
using Gateway.Primitives;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// One Engine.IO session seen as Socket.IO: takes its messages apart and gives them to its sockets, one for each namespace. The
/// transport calls <see cref="ReceiveAsync"/> and <see cref="Closed"/>, never two at a time; pumps and timers call the rest from
/// any thread. State is guarded by one lock, which the session's pumps share.
/// </summary>
internal sealed partial class SocketSession : IEngineReceiver
{
    private static readonly ConnectDecision s_invalidNamespace = ConnectDecision.Refused("Invalid namespace");
    private static readonly ConnectDecision s_connectedAlready = ConnectDecision.Refused("Unable to connect");

    private readonly Lock _gate = new();
    private readonly IEngineConnection _connection;

    // Only the read path adds; a pump stays when its socket has left, to tell "left" from "never connected".
    private SocketPump[] _pumps = [];
    private Dictionary<string, EventQueue>? _earlyEvents;
    private AttachmentAssembly? _assembly;
    private ITimer? _deadline;
    private CloseReason _deadlineReason;
    private bool _ended;

    public SocketSession(SocketServer server, IEngineConnection connection, ILogger logger)
    {
        Server = server;
        Logger = new ScopedLogger(logger, connection.Scope);
        _connection = connection;
        lock (_gate)
        {
            SetDeadline(server.Options.ConnectTimeout, CloseReason.ConnectTimeout);
        }
    }

    public SocketServer Server { get; }

    public ILogger Logger { get; }

    public ValueTask ReceiveAsync(EngineMessage message)
    {
        if (Volatile.Read(ref _ended))
        {
            return ValueTask.CompletedTask;
        }

        return message.IsBinary ? ReceiveAttachmentAsync(message.Data) : ReceivePacketAsync(message.Data);
    }

    public void Closed(CloseReason reason)
    {
        End();
        foreach (var pump in _pumps)
        {
            pump.Leave(DisconnectReasons.From(reason), out _);
        }
    }

    public void Send(EngineMessage message) => _connection.TrySend(message);

    /// <summary>We disconnect a socket. While its CONNECT is unanswered, the pump says so after the answer.</summary>
    public void Disconnect(SocketPump pump)
    {
        if (pump.Leave(DisconnectReason.ServerDisconnect, out var wasConnecting) && !wasConnecting)
        {
            SendDisconnect(pump);
        }
    }

    /// <summary>DISCONNECT, and the end of the connection when it is in no other namespace.</summary>
    public void SendDisconnect(SocketPump pump)
    {
        Send(pump.Namespace.EncodeDisconnect());
        DropAssembly(pump);
        if (TryEndUnused())
        {
            _connection.CloseAfterFlush(CloseReason.ServerClosed, Server.Options.FlushGrace);
        }
    }

    /// <summary>The handler has refused a CONNECT.</summary>
    public void Refuse(SocketPump pump, ConnectDecision decision)
    {
        DropAssembly(pump);
        Refuse(pump.Namespace.Name, decision);
    }

    private void Refuse(string namespaceName, ConnectDecision decision)
    {
        var message = decision.RefusalMessage ?? throw new ArgumentException("Not a refusal.", nameof(decision));
        Send(SocketNamespace.EncodeConnectError(namespaceName, message, decision.RefusalData.Span));
        lock (_gate)
        {
            if (!_ended && !IsUsed())
            {
                SetDeadline(Server.Options.RefusalGrace, CloseReason.Refused);
            }
        }
    }

    private ValueTask ReceivePacketAsync(ReadOnlyMemory<byte> text)
    {
        var status = SocketPacketCodec.TryDecode(text, Server.Options.MaxAttachments, out var packet);
        if (status != SocketDecodeStatus.Ok)
        {
            return Fail(status.ToString());
        }

        if (_assembly is not null)
        {
            return Fail("TextInsteadOfAttachment");
        }

        switch (packet.Type)
        {
            case SocketPacketType.Connect:
                Connect(packet);
                return ValueTask.CompletedTask;

            case SocketPacketType.Disconnect:
                Leave(packet.Namespace);
                return ValueTask.CompletedTask;

            case SocketPacketType.Event:
                return RouteAsync(packet.Namespace, new IncomingEvent(packet.EventName, packet.CopyArguments(), [], packet.AckId));

            case SocketPacketType.Ack:
                Answer(packet, packet.CopyArguments(), []);
                return ValueTask.CompletedTask;

            case SocketPacketType.BinaryEvent:
            case SocketPacketType.BinaryAck:
                return BeginAssembly(packet);

            default:
                return Fail("UnexpectedType");
        }
    }

    private void Connect(in SocketPacket packet)
    {
        var known = Find(packet.Namespace);
        if (Server.Find(packet.Namespace) is not { } target || known is not null && IsPresent(known))
        {
            var answer = known is null ? s_invalidNamespace : s_connectedAlready;
            Server.Metrics.Refused();
            Log.ConnectRefused(Logger, answer.RefusalMessage ?? "");
            Refuse(packet.Namespace, answer);
            return;
        }

        EventQueue? early = null;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _earlyEvents?.Remove(target.Name, out early);
            ClearDeadline();
        }

        var pump = new SocketPump(this, target, _connection, _gate, packet.Payload.ToArray(), early);
        lock (_gate)
        {
            _pumps = [.. _pumps.Where(other => other != known), pump];
        }

        pump.Start();
    }

    private void Leave(string namespaceName)
    {
        if (Find(namespaceName) is not { } pump || !pump.Leave(DisconnectReason.ClientDisconnect, out _))
        {
            return;
        }

        lock (_gate)
        {
            if (!_ended && !IsUsed())
            {
                SetDeadline(Server.Options.ConnectTimeout, CloseReason.ConnectTimeout);
            }
        }
    }

    private ValueTask RouteAsync(string namespaceName, IncomingEvent incoming)
    {
        Server.Metrics.EventReceived();
        if (Find(namespaceName) is not { } pump)
        {
            return KeepEarly(namespaceName, incoming);
        }

        return pump.Offer(incoming, evenIfFull: false) switch
        {
            Admission.Done => ValueTask.CompletedTask,
            Admission.WaitForRoom => OfferWhenRoomAsync(pump, incoming),
            _ => Fail("TooMuchBeforeConnectAnswer", CloseReason.TooManyPackets),
        };
    }

    // Clients that speak by hand send events with their CONNECT, or before it. Those for a namespace that we do not serve can
    // never be handled.
    private ValueTask KeepEarly(string namespaceName, in IncomingEvent incoming)
    {
        if (Server.Find(namespaceName) is null)
        {
            return ValueTask.CompletedTask;
        }

        lock (_gate)
        {
            if (_ended)
            {
                return ValueTask.CompletedTask;
            }

            _earlyEvents ??= new Dictionary<string, EventQueue>(1, StringComparer.Ordinal);
            if (!_earlyEvents.TryGetValue(namespaceName, out var queue))
            {
                _earlyEvents[namespaceName] = queue = new EventQueue(Server.Options);
            }

            if (!queue.IsFullFor(incoming))
            {
                queue.Enqueue(incoming);
                return ValueTask.CompletedTask;
            }
        }

        return Fail("TooMuchBeforeConnect", CloseReason.TooManyPackets);
    }

    // Its own client alone waits. When the connection ends meanwhile, what was read is handled all the same.
    private async ValueTask OfferWhenRoomAsync(SocketPump pump, IncomingEvent incoming)
    {
        do
        {
            try
            {
                await pump.WaitForRoomAsync().WaitAsync(_connection.Closing);
            }
            catch (OperationCanceledException)
            {
                pump.Offer(incoming, evenIfFull: true);
                return;
            }
        }
        while (pump.Offer(incoming, evenIfFull: false) == Admission.WaitForRoom);
    }

    private ValueTask BeginAssembly(in SocketPacket packet)
    {
        if (Find(packet.Namespace) is not { } pump)
        {
            // No reassembly for who has not even asked to connect (CVE-2026-48804).
            return Fail("BinaryBeforeConnect");
        }

        var assembly = new AttachmentAssembly(packet, packet.CopyArguments(), Server.Options.MaxBinaryBytes);
        lock (_gate)
        {
            if (!pump.IsPresent)
            {
                assembly.Discard();
            }

            _assembly = _ended ? null : assembly;
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask ReceiveAttachmentAsync(ReadOnlyMemory<byte> data)
    {
        AttachmentAssembly? assembly;
        bool added;
        lock (_gate)
        {
            assembly = _assembly;
            added = assembly is not null && assembly.TryAdd(data.Span);
            _assembly = added && assembly is { IsComplete: false } ? assembly : null;
        }

        if (assembly is null || !added)
        {
            return assembly is null ? Fail("UnexpectedBinary") : Fail("BinaryTooLarge", CloseReason.PayloadTooLarge);
        }

        if (!assembly.IsComplete || assembly.IsDiscarding)
        {
            return ValueTask.CompletedTask;
        }

        var header = assembly.Header;
        if (header.Type == SocketPacketType.BinaryAck)
        {
            Answer(header, assembly.Arguments, assembly.Attachments);
            return ValueTask.CompletedTask;
        }

        return RouteAsync(
            header.Namespace, new IncomingEvent(header.EventName, assembly.Arguments, assembly.Attachments, header.AckId));
    }

    // Answers that nobody waits for are no fault: they may be late.
    private void Answer(in SocketPacket packet, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        if (packet.AckId is { } id)
        {
            Find(packet.Namespace)?.Socket.TryAnswer(id, arguments, attachments);
        }
    }

    private ValueTask Fail(string fault, CloseReason reason = CloseReason.ParseError)
    {
        Server.Metrics.Malformed(fault);
        Log.Malformed(Logger, fault);
        End();
        _connection.Close(reason);
        return ValueTask.CompletedTask;
    }

    private SocketPump? Find(string namespaceName)
    {
        foreach (var pump in Volatile.Read(ref _pumps))
        {
            if (pump.Namespace.Name == namespaceName)
            {
                return pump;
            }
        }

        return null;
    }

    private bool IsPresent(SocketPump pump)
    {
        lock (_gate)
        {
            return pump.IsPresent;
        }
    }

    // Under the lock.
    private bool IsUsed() => Array.Exists(_pumps, static pump => pump.IsPresent);

    private void DropAssembly(SocketPump pump)
    {
        lock (_gate)
        {
            if (_assembly?.Header.Namespace == pump.Namespace.Name)
            {
                _assembly.Discard();
            }
        }
    }

    private bool TryEndUnused()
    {
        lock (_gate)
        {
            if (_ended || IsUsed())
            {
                return false;
            }
        }

        End();
        return true;
    }

    // Nothing that arrives from now on is looked at, and nothing is held for it.
    private void End()
    {
        lock (_gate)
        {
            Volatile.Write(ref _ended, true);
            _earlyEvents = null;
            _assembly = null;
            ClearDeadline();
        }
    }

    // Under the lock. One timer for each connection, and none while it is in a namespace.
    private void SetDeadline(TimeSpan after, CloseReason reason)
    {
        ClearDeadline();
        _deadlineReason = reason;
        _deadline = Server.TimeProvider.CreateTimer(
            static state => ((SocketSession)state!).CloseUnused(), this, after, Timeout.InfiniteTimeSpan);
    }

    private void ClearDeadline()
    {
        _deadline?.Dispose();
        _deadline = null;
    }

    private void CloseUnused()
    {
        if (TryEndUnused())
        {
            Log.Unused(Logger, _deadlineReason);
            _connection.CloseAfterFlush(_deadlineReason, Server.Options.FlushGrace);
        }
    }
}
