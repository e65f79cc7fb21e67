using System.Net.Sockets;

namespace Gateway.Tools.Load.Sockets;

/// <summary>Asks for all sockets each time: for systems without epoll, and a few thousand sockets. One thread uses it.</summary>
internal sealed class SelectReadiness : IReadiness
{
    private readonly Dictionary<Socket, int> _reading = [];
    private readonly Dictionary<Socket, int> _writing = [];
    private readonly List<ReadySocket> _ready = [];
    private ReadySocket[] _given = [];

    public void Add(Socket socket, int number, Interest interest) => Change(socket, number, interest);

    public void Change(Socket socket, int number, Interest interest)
    {
        Remove(socket, number);
        if ((interest & Interest.Read) != 0)
        {
            _reading[socket] = number;
        }

        if ((interest & Interest.Write) != 0)
        {
            _writing[socket] = number;
        }
    }

    public void Remove(Socket socket, int number)
    {
        _reading.Remove(socket);
        _writing.Remove(socket);
    }

    public ReadOnlySpan<ReadySocket> Wait(TimeSpan limit)
    {
        _ready.Clear();
        if (_reading.Count + _writing.Count == 0)
        {
            Thread.Sleep(limit);
            return [];
        }

        var reading = _reading.Keys.ToList();
        var writing = _writing.Keys.ToList();
        var failed = writing.ToList();
        Socket.Select(reading, writing, failed, limit);
        _ready.AddRange(reading.Select(socket => new ReadySocket(_reading[socket], Interest.Read)));
        _ready.AddRange(writing.Concat(failed).Distinct().Select(socket => new ReadySocket(_writing[socket], Interest.Write)));
        _given = [.. _ready];
        return _given;
    }

    public void Dispose()
    {
        // It holds nothing of the system's.
    }
}
