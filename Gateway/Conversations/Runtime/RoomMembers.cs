using Gateway.SocketIO;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// The cursors in a session's room. The session's loop alone adds, removes and walks through them; so it walks without a lock, and only
/// a change and the look of another thread (<see cref="LargestLag"/>, <see cref="ListSockets"/>) exclude one another.
/// </summary>
internal sealed class RoomMembers
{
    private readonly Lock _lock = new();
    private readonly HashSet<Cursor> _cursors = [];

    /// <summary>Any thread.</summary>
    public int Count => _cursors.Count;

    public void Add(Cursor cursor)
    {
        lock (_lock)
        {
            _cursors.Add(cursor);
        }
    }

    public void Remove(Cursor cursor)
    {
        lock (_lock)
        {
            _cursors.Remove(cursor);
        }
    }

    /// <summary>For the loop.</summary>
    public HashSet<Cursor>.Enumerator GetEnumerator() => _cursors.GetEnumerator();

    /// <summary>For the loop.</summary>
    public Cursor[] ToArray() => [.. _cursors];

    /// <summary>Their sockets at this moment. Any thread.</summary>
    public IReadOnlyList<SocketConnection> ListSockets()
    {
        lock (_lock)
        {
            return [.. _cursors.Select(static cursor => cursor.Socket)];
        }
    }

    /// <summary>How many events the one furthest behind <paramref name="head"/> has not been sent. Any thread.</summary>
    public int LargestLag(int head)
    {
        var largest = 0;
        lock (_lock)
        {
            foreach (var cursor in _cursors)
            {
                largest = Math.Max(largest, cursor.LagBehind(head));
            }
        }

        return largest;
    }
}
