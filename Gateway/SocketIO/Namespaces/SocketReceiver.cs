using Gateway.EngineIO;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// The read path of one connection: takes its messages apart and gives them to its sockets. The transport calls it, never two
/// calls at a time, and nobody else: it owns what it keeps without a lock.
/// </summary>
internal sealed class SocketReceiver(SocketSession session, IEngineConnection connection) : IEngineReceiver
{
    private EarlyEvents? _earlyEvents;

    // Whose attachments are arriving, and how many are to come. The pump keeps them, and drops them when its socket leaves.
    private SocketPump? _assembling;
    private int _attachmentsToCome;

    public ValueTask ReceiveAsync(EngineMessage message)
    {
        if (session.HasEnded)
        {
            return ValueTask.CompletedTask;
        }

        return message.IsBinary ? ReceiveAttachmentAsync(message.Data.Span) : ReceivePacketAsync(message.Data);
    }

    public void Closed(CloseReason reason)
    {
        _earlyEvents = null;
        session.Closed(reason);
    }

    private ValueTask ReceivePacketAsync(ReadOnlyMemory<byte> text)
    {
        var status = SocketPacketCodec.TryDecode(text, session.Server.Options.MaxAttachments, out var packet);
        if (status != SocketDecodeStatus.Ok)
        {
            return Fail(status.ToString());
        }

        if (_assembling is not null)
        {
            return Fail("TextInsteadOfAttachment");
        }

        switch (packet.Type)
        {
            case SocketPacketType.Connect:
                session.Connect(packet.Namespace, packet.Payload, _earlyEvents?.Take(packet.Namespace));
                return ValueTask.CompletedTask;

            case SocketPacketType.Disconnect:
                session.Leave(packet.Namespace);
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

    private ValueTask RouteAsync(string namespaceName, IncomingEvent incoming)
    {
        session.Server.Metrics.EventReceived();
        if (session.Find(namespaceName) is not { } pump)
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

    // Those for a namespace that we do not serve can never be handled.
    private ValueTask KeepEarly(string namespaceName, in IncomingEvent incoming)
    {
        if (session.Server.Find(namespaceName) is null)
        {
            return ValueTask.CompletedTask;
        }

        _earlyEvents ??= new EarlyEvents(session.Server.Options);
        return _earlyEvents.TryKeep(namespaceName, incoming)
            ? ValueTask.CompletedTask
            : Fail("TooMuchBeforeConnect", CloseReason.TooManyPackets);
    }

    // Its own client alone waits. When the connection ends meanwhile, what was read is handled all the same.
    private async ValueTask OfferWhenRoomAsync(SocketPump pump, IncomingEvent incoming)
    {
        do
        {
            try
            {
                await pump.WaitForRoomAsync().WaitAsync(connection.Closing);
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
        if (session.Find(packet.Namespace) is not { } pump)
        {
            // No reassembly for who has not even asked to connect (CVE-2026-48804).
            return Fail("BinaryBeforeConnect");
        }

        pump.BeginAssembly(packet);
        _assembling = pump;
        _attachmentsToCome = packet.AttachmentCount;
        return ValueTask.CompletedTask;
    }

    private ValueTask ReceiveAttachmentAsync(ReadOnlySpan<byte> data)
    {
        if (_assembling is not { } pump)
        {
            return Fail("UnexpectedBinary");
        }

        if (!pump.TryAddAttachment(data))
        {
            return Fail("BinaryTooLarge", CloseReason.PayloadTooLarge);
        }

        if (--_attachmentsToCome > 0)
        {
            return ValueTask.CompletedTask;
        }

        _assembling = null;
        if (pump.TakeAssembly() is not { } assembly)
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
            session.Find(packet.Namespace)?.Socket.TryAnswer(id, arguments, attachments);
        }
    }

    private ValueTask Fail(string fault, CloseReason reason = CloseReason.ParseError)
    {
        _earlyEvents = null;
        session.Fail(fault, reason);
        return ValueTask.CompletedTask;
    }
}
