using System.Buffers;

using Gateway.EngineIO;
using Gateway.SocketIO.Namespaces;

namespace Gateway.SocketIO.Rooms;

/// <summary>
/// The members of a room, perhaps without some, as the receivers of a broadcast: <c>of.To("room").Except(socket).Emit(…)</c>. Who
/// is a member is decided when it emits. A broadcast waits for nobody: a member whose outbound queue is full is closed. Any thread.
/// </summary>
internal readonly struct RoomTarget(SocketNamespace of, string room, IReadOnlyList<SocketConnection> except)
{
    public RoomTarget Except(params IReadOnlyList<SocketConnection> sockets) => new(of, room, [.. except, .. sockets]);

    /// <summary>Encodes once, queues for each member. The answer counts those that took it.</summary>
    /// <param name="arguments">A JSON array in UTF-8.</param>
    public int Emit(string eventName, ReadOnlySpan<byte> arguments) => Emit(eventName, arguments, []);

    /// <summary>With attachments, which must never change again; placeholders in the arguments stand for them.</summary>
    public int Emit(string eventName, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        // Once for each encoding of a member.
        EngineMessage[]? text = null;
        EngineMessage[]? binary = null;
        var members = Rent(out var count);
        var delivered = 0;
        foreach (var member in members.AsSpan(0, count))
        {
            ref var messages = ref member.Encoding == PacketEncoding.Text ? ref text : ref binary;
            messages ??= of.WriterFor(member.Encoding).Event(eventName, arguments, attachments, ackId: null);
            delivered += !except.Contains(member) && member.TrySend(messages) ? 1 : 0;
        }

        Return(members);
        return delivered;
    }

    /// <summary>Queues an event that is encoded already (<see cref="PreparedEvents"/>) for each member.</summary>
    public int Emit(PreparedEvent prepared)
    {
        var members = Rent(out var count);
        var delivered = 0;
        foreach (var member in members.AsSpan(0, count))
        {
            delivered += !except.Contains(member) && member.TrySend(prepared) ? 1 : 0;
        }

        Return(members);
        return delivered;
    }

    private SocketConnection[] Rent(out int count) => of.Rooms.RentMembers(room, out count);

    private static void Return(SocketConnection[] members)
    {
        if (members.Length > 0)
        {
            ArrayPool<SocketConnection>.Shared.Return(members, clearArray: true);
        }
    }
}
