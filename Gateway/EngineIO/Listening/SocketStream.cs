using System.Net.Sockets;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// A socket as a stream of one reader and one writer at a time. What can be done at once is done at once: the objects that a pending operation needs
/// are made for the client that is waited for, not for every write to every client. Its listener owns the socket.
/// </summary>
internal sealed class SocketStream : Stream
{
    private readonly Socket _socket;

    public SocketStream(Socket socket)
    {
        _socket = socket;

        // For the attempts below; operations that are awaited wait in any case.
        socket.Blocking = false;
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>An empty buffer waits until there is something to read.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!buffer.IsEmpty)
        {
            var count = _socket.Receive(buffer.Span, SocketFlags.None, out var error);
            if (error != SocketError.WouldBlock)
            {
                return error == SocketError.Success ? ValueTask.FromResult(count) : ValueTask.FromException<int>(new SocketException((int)error));
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

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask WriteRestAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        while (!rest.IsEmpty)
        {
            rest = rest[await _socket.SendAsync(rest, SocketFlags.None, cancellationToken)..];
        }
    }
}
