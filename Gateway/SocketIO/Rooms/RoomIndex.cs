using System.Buffers;

namespace Gateway.SocketIO.Rooms;

/// <summary>
/// Who is in which room of one namespace: the JavaScript server's in-memory adapter. Any thread; one lock, held for a few lines on
/// memory. Emitting happens outside it, on a copy of the members.
/// </summary>
internal sealed class RoomIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<SocketConnection>> _rooms = [];
    private readonly Dictionary<SocketConnection, List<string>> _roomsOf = [];

    public int RoomCount
    {
        get
        {
            lock (_lock)
            {
                return _rooms.Count;
            }
        }
    }

    /// <summary>A socket that has left enters nothing: <see cref="LeaveAll"/> has run, or is about to.</summary>
    public void Join(SocketConnection socket, string room)
    {
        lock (_lock)
        {
            if (socket.HasLeft)
            {
                return;
            }

            if (!_rooms.TryGetValue(room, out var members))
            {
                _rooms[room] = members = [];
            }

            if (!members.Add(socket))
            {
                return;
            }

            if (!_roomsOf.TryGetValue(socket, out var rooms))
            {
                _roomsOf[socket] = rooms = new List<string>(1);
            }

            rooms.Add(room);
        }
    }

    public void Leave(SocketConnection socket, string room)
    {
        lock (_lock)
        {
            if (!_roomsOf.TryGetValue(socket, out var rooms) || !rooms.Remove(room))
            {
                return;
            }

            RemoveMember(socket, room);
            if (rooms.Count == 0)
            {
                _roomsOf.Remove(socket);
            }
        }
    }

    public void LeaveAll(SocketConnection socket)
    {
        lock (_lock)
        {
            if (!_roomsOf.Remove(socket, out var rooms))
            {
                return;
            }

            foreach (var room in rooms)
            {
                RemoveMember(socket, room);
            }
        }
    }

    /// <summary>Copies a room's members into an array rented from the shared pool, which the caller returns, cleared.</summary>
    public SocketConnection[] RentMembers(string room, out int count)
    {
        lock (_lock)
        {
            if (!_rooms.TryGetValue(room, out var members))
            {
                count = 0;
                return [];
            }

            count = members.Count;
            var copy = ArrayPool<SocketConnection>.Shared.Rent(count);
            members.CopyTo(copy);
            return copy;
        }
    }

    private void RemoveMember(SocketConnection socket, string room)
    {
        var members = _rooms[room];
        members.Remove(socket);
        if (members.Count == 0)
        {
            _rooms.Remove(room);
        }
    }
}
