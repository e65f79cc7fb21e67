using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

using Gateway.EngineIO.WebSockets;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// The pipes of a connection that has become a WebSocket, as a stream: where something stands between the socket and its bytes, such as
/// TLS or Kestrel's connection log. Kestrel owns the connection, and learns of its end when this stream's user is done.
/// </summary>
internal sealed class PipeStream(ConnectionContext connection) : ConnectionStream, IUnsentLimit
{
    private readonly PipeReader _input = connection.Transport.Input;

    public override void Abort() => connection.Abort();

    public void LimitUnsent()
    {
        if (connection.Features.Get<IConnectionSocketFeature>() is { Socket: var socket })
        {
            UnsentBytes.Limit(socket, UnsentBytes.OfShared);
        }
    }

    /// <summary>An empty buffer waits until there is something to read.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _input.TryRead(out var read) ? ValueTask.FromResult(Take(read, buffer.Span)) : WaitAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var flush = await connection.Transport.Output.WriteAsync(buffer, cancellationToken);
        if (flush.IsCompleted)
        {
            throw new ConnectionAbortedException();
        }
    }

    // Pooled: every message that a client sends is waited for here.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        Take(await _input.ReadAsync(cancellationToken), buffer.Span);

    private int Take(in ReadResult read, Span<byte> target)
    {
        var length = (int)Math.Min(read.Buffer.Length, target.Length);
        var bytes = read.Buffer.Slice(0, length);
        bytes.CopyTo(target);
        _input.AdvanceTo(bytes.End);
        return length;
    }
}
