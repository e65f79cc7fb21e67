using System.Diagnostics.CodeAnalysis;

using Gateway.EngineIO;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// The read path of one connection: takes its messages apart and gives them to its sockets. The transport calls it, never two
/// calls at a time, and nobody else: it owns what it keeps without a lock.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Closed, which ends every receiver, disposes of what is left.")]
internal sealed class SocketReceiver(SocketSession session, IEngineConnection connection) : IEngineReceiver
{
    private PreConnectEvents? _preConnectEvents;

    // The packet whose attachments are arriving, and how many are to come. Its socket drops it when it leaves.
    private BinaryAssembly? _assembly;
    private int _attachmentsToCome;

    // A message has come: the connection's encoding is settled.
    private bool _hasBegun;

    public ValueTask ReceiveAsync(EngineMessage message)
    {
        if (session.HasEnded)
        {
            return ValueTask.CompletedTask;
        }

        if (session.Encoding == PacketEncoding.MessagePack)
        {
            return message.IsBinary ? ReceivePackedAsync(message.Data) : Fail("TextInsteadOfMessagePack");
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            if (message.IsBinary)
            {
                return ReceiveFirstAsync(message.Data);
            }
        }

        return message.IsBinary ? ReceiveAttachmentAsync(message.Data.Span) : ReceivePacketAsync(message.Data);
    }

    public Task WhenIdleAsync() => session.WhenIdleAsync();

    /// <summary>As <see cref="SocketSession.Sockets"/>. Any thread.</summary>
    public IEnumerable<SocketConnection> Sockets => session.Sockets;

    public void Closed(CloseReason reason)
    {
        Drop();
        session.Closed(reason);
    }

    // Only a client that speaks MessagePack begins with a binary message, and with a CONNECT.
    private ValueTask ReceiveFirstAsync(ReadOnlyMemory<byte> data)
    {
        if (Decode(data, out var packet, out _) != SocketDecodeStatus.Ok || packet.Type != SocketPacketType.Connect)
        {
            return Fail("UnexpectedBinary");
        }

        session.Encoding = PacketEncoding.MessagePack;
        return session.ConnectAsync(packet.Namespace, packet.Payload, preConnectEvents: null);
    }

    private ValueTask ReceivePackedAsync(ReadOnlyMemory<byte> data)
    {
        var status = Decode(data, out var packet, out var attachments);
        if (status != SocketDecodeStatus.Ok)
        {
            return status == SocketDecodeStatus.TooLarge ? Fail("BinaryTooLarge", CloseReason.PayloadTooLarge) : Fail(status.ToString());
        }

        if (packet.Type == SocketPacketType.Event && attachments.Count > 0 && session.Find(packet.Namespace) is null)
        {
            return Fail("BinaryBeforeConnect");
        }

        return TakeAsync(packet, attachments);
    }

    private SocketDecodeStatus Decode(
        ReadOnlyMemory<byte> data, out SocketPacket packet, out IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        MessagePackCodec.TryDecode(
            data, session.Server.Options.MaxAttachments, session.Server.Options.MaxBinaryBytes, out packet, out attachments);

    private ValueTask ReceivePacketAsync(ReadOnlyMemory<byte> text)
    {
        var status = SocketPacketCodec.TryDecode(text, session.Server.Options.MaxAttachments, out var packet);
        if (status != SocketDecodeStatus.Ok)
        {
            return Fail(status.ToString());
        }

        if (_assembly is not null)
        {
            return Fail("TextInsteadOfAttachment");
        }

        return packet.Type is SocketPacketType.BinaryEvent or SocketPacketType.BinaryAck ? BeginAssembly(packet) : TakeAsync(packet, []);
    }

    /// <summary>A whole packet, of whatever encoding.</summary>
    private ValueTask TakeAsync(in SocketPacket packet, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        switch (packet.Type)
        {
            case SocketPacketType.Connect:
                // A refusal that has to wait for capacity holds up this client's reading, and nobody else.
                return session.ConnectAsync(packet.Namespace, packet.Payload, _preConnectEvents?.Take(packet.Namespace));

            case SocketPacketType.Disconnect:
                session.Leave(packet.Namespace);
                return ValueTask.CompletedTask;

            case SocketPacketType.Event:
                return RouteAsync(packet.Namespace, new IncomingEvent(packet.EventName, packet.CopyArguments(), attachments, packet.AckId));

            case SocketPacketType.Ack:
                Answer(packet, packet.CopyArguments(), attachments);
                return ValueTask.CompletedTask;

            default:
                return Fail("UnexpectedType");
        }
    }

    private ValueTask RouteAsync(string namespaceName, IncomingEvent incoming)
    {
        session.EventReceived();
        if (session.Find(namespaceName) is not { } dispatcher)
        {
            return KeepUntilConnect(namespaceName, incoming);
        }

        return dispatcher.Add(incoming, evenIfFull: false) switch
        {
            DispatchStatus.Done => ValueTask.CompletedTask,
            DispatchStatus.WaitForCapacity => AddWhenCapacityAsync(dispatcher, incoming),
            DispatchStatus.BudgetSpent => FailBudget(),
            _ => Fail("TooMuchBeforeConnectAnswer", CloseReason.TooManyPackets),
        };
    }

    // Those for a namespace that we do not serve can never be handled.
    private ValueTask KeepUntilConnect(string namespaceName, in IncomingEvent incoming)
    {
        if (!session.Server.Serves(namespaceName))
        {
            return ValueTask.CompletedTask;
        }

        _preConnectEvents ??= new PreConnectEvents(session.Server, session.DroppedUnconnected);
        return _preConnectEvents.TryEnqueue(namespaceName, incoming) switch
        {
            EnqueueStatus.Queued => ValueTask.CompletedTask,
            EnqueueStatus.BudgetSpent => FailBudget(),
            _ => Fail("TooMuchBeforeConnect", CloseReason.TooManyPackets),
        };
    }

    // Its own client alone waits. When the connection ends meanwhile, what was read is handled all the same.
    private async ValueTask AddWhenCapacityAsync(SocketDispatcher dispatcher, IncomingEvent incoming)
    {
        do
        {
            try
            {
                await dispatcher.WaitForCapacityAsync(connection.Closing);
            }
            catch (OperationCanceledException)
            {
                dispatcher.Add(incoming, evenIfFull: true);
                return;
            }
        }
        while (dispatcher.Add(incoming, evenIfFull: false) == DispatchStatus.WaitForCapacity);
    }

    private ValueTask BeginAssembly(in SocketPacket packet)
    {
        if (session.Find(packet.Namespace) is not { } dispatcher)
        {
            // No reassembly for who has not even asked to connect (CVE-2026-48804).
            return Fail("BinaryBeforeConnect");
        }

        _assembly = new BinaryAssembly(
            packet, session.Server, () => session.Fail("AttachmentTimeout", CloseReason.AttachmentTimeout));
        _attachmentsToCome = packet.AttachmentCount;
        var status = _assembly.TryAddArguments(packet.CopyArguments());
        dispatcher.BeginAssembly(_assembly);
        return FailUnlessTaken(status);
    }

    private ValueTask ReceiveAttachmentAsync(ReadOnlySpan<byte> data)
    {
        if (_assembly is not { } assembly)
        {
            return Fail("UnexpectedBinary");
        }

        var status = assembly.TryAdd(data);
        if (status != AttachmentStatus.Taken || --_attachmentsToCome > 0)
        {
            return FailUnlessTaken(status);
        }

        _assembly = null;
        var header = assembly.Header;
        if (!assembly.TryTake(out var arguments, out var attachments))
        {
            return ValueTask.CompletedTask;
        }

        if (header.Type == SocketPacketType.BinaryAck)
        {
            Answer(header, arguments, attachments);
            return ValueTask.CompletedTask;
        }

        return RouteAsync(header.Namespace, new IncomingEvent(header.EventName, arguments, attachments, header.AckId));
    }

    private ValueTask FailUnlessTaken(AttachmentStatus status) => status switch
    {
        AttachmentStatus.Taken => ValueTask.CompletedTask,
        AttachmentStatus.BudgetSpent => FailBudget(),
        _ => Fail("BinaryTooLarge", CloseReason.PayloadTooLarge),
    };

    // Answers that nobody waits for are no fault: they may be late.
    private void Answer(in SocketPacket packet, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        if (packet.AckId is { } id)
        {
            session.Find(packet.Namespace)?.Socket.TryAnswer(id, arguments, attachments);
        }
    }

    private ValueTask FailBudget() => Fail("InboundBudgetSpent", CloseReason.InboundBudgetSpent);

    private ValueTask Fail(string fault, CloseReason reason = CloseReason.ParseError)
    {
        Drop();
        session.Fail(fault, reason);
        return ValueTask.CompletedTask;
    }

    private void Drop()
    {
        _preConnectEvents?.Dispose();
        _preConnectEvents = null;
        _assembly?.Dispose();
        _assembly = null;
    }
}
