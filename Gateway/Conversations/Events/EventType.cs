using System.Buffers.Binary;
using System.Numerics;

namespace Gateway.Conversations.Events;

/// <summary>
/// A number for the name of an event's type, an action's other than an observation's: what a filter compares. Names are any text, so two
/// may have one number; no two of V0's have. Pure; allocates nothing.
/// </summary>
internal static class EventType
{
    private const uint OfObservations = 0x9E37_79B9;

    public static uint AgentStateChanged { get; } = Of("agent_state_changed"u8, isAction: false);

    public static uint Of(ReadOnlySpan<byte> name, bool isAction)
    {
        // CRC-32C, which processors compute. What tells actions from observations comes last: at first it would count as a part of the
        // name's first letter.
        var crc = uint.MaxValue;
        for (; name.Length >= sizeof(ulong); name = name[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(name));
        }

        foreach (var letter in name)
        {
            crc = BitOperations.Crc32C(crc, letter);
        }

        return isAction ? crc : crc ^ OfObservations;
    }
}
