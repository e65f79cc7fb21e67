using System.Runtime.CompilerServices;

using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.Sessions;

/// <summary>Holds an event and its attachments, or a group of events, without an allocation. A local of who queues them.</summary>
[InlineArray(Size)]
internal struct PacketBatch
{
    public const int Size = 16;

    private EnginePacket _first;

    public static EnginePacket ToPacket(in EngineMessage message) =>
        new(EnginePacketType.Message, message.Data, message.IsBinary, message.Deflated);

    /// <summary>The messages as packets: in <paramref name="batch"/> when they fit, which is nearly always.</summary>
    public static ReadOnlySpan<EnginePacket> ToPackets(ReadOnlySpan<EngineMessage> messages, Span<EnginePacket> batch)
    {
        var packets = messages.Length <= batch.Length ? batch[..messages.Length] : new EnginePacket[messages.Length];
        for (var i = 0; i < messages.Length; i++)
        {
            packets[i] = ToPacket(messages[i]);
        }

        return packets;
    }
}
