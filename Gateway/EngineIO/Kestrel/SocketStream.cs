using System.Net.Sockets;

using Gateway.EngineIO.WebSockets;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// A plain socket that has become a WebSocket, as a stream of one reader and one writer at a time; it can be cut from any thread. What can
/// be done at once is done at once, by the caller: the objects that a pending operation needs are made for the client that is waited for,
/// not for every write to every client. Kestrel owns the connection, and closes it when this stream's user is done.
/// </summary>
internal sealed class SocketStream : ConnectionStream, IUnsentLimit
{
    private readonly ConnectionContext _connection;
    private readonly Socket _socket;

    public SocketStream(DeferredConnection connection)
    {
        _connection = connection;
        _socket = connection.Socket;

        // For the attempts below; operations that are awaited wait in any case.
        _socket.Blocking = false;
    }

    public override void Abort() => _connection.Abort();

    public void LimitUnsent() => UnsentBytes.Limit(_socket, UnsentBytes.OfShared);

    /// <summary>An empty buffer waits until there is something to read.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!buffer.IsEmpty)
        {
            var count = _socket.Receive(buffer.Span, SocketFlags.None, out var error);
            if (error != SocketError.WouldBlock)
            {
                return error == SocketError.Success
                    ? ValueTask.FromResult(count)
                    : ValueTask.FromException<int>(new SocketException((int)error));
            }
        }

        return _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = _socket.Send(buffer.Span, SocketFlags.None, out var error);
        if (error == SocketError.Success && count == buffer.Length)
        {
            return ValueTask.CompletedTask;
        }

        return error is SocketError.Success or SocketError.WouldBlock
            ? WriteRestAsync(buffer[count..], cancellationToken)
            : ValueTask.FromException(new SocketException((int)error));
    }

    private async ValueTask WriteRestAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        while (!rest.IsEmpty)
        {
            rest = rest[await _socket.SendAsync(rest, SocketFlags.None, cancellationToken)..];
        }
    }
}
