using System.Buffers;
using System.Net.Sockets;

using Microsoft.AspNetCore.Connections;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// Kestrel's connection middleware: looks at the head of a connection's first request and serves the connection itself when that is a
/// WebSocket handshake which an endpoint accepts, on the socket where nothing stands before it (<see cref="DeferredConnection"/>), else on
/// the pipes; every other connection goes on to Kestrel as it came. Kestrel calls it, once for each connection, and owns the connection: it
/// accepts, counts, limits, logs and closes all of them alike. One instance for each address; any thread.
/// </summary>
internal sealed class EngineConnectionMiddleware(ConnectionDelegate next, ConnectionDispatcher dispatcher, HeadDeadline deadline)
{
    // A task that gives the task of the connection's whole life, so that what its beginning needed is not held for so long.
    public Task OnConnectionAsync(ConnectionContext connection) => DispatchAsync(connection).Unwrap();

    private async Task<Task> DispatchAsync(ConnectionContext connection)
    {
        var limit = deadline.Next();
        try
        {
            if (connection is DeferredConnection { IsDeferred: true } deferred)
            {
                var (isDecided, run) = await DispatchSocketAsync(deferred, limit);
                if (isDecided)
                {
                    return run ?? next(connection);
                }
            }

            return await DispatchPipeAsync(connection, limit);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // Broken, too slow, or the server stops: Kestrel meets the same end, and deals with it as with any connection.
            if (connection is DeferredConnection { IsClosed: true })
            {
                return Task.CompletedTask;
            }

            // Half a head that was examined here is given again only when more arrives, or by this: Kestrel's limit for heads begins
            // with what it reads, and until then its longer one for connections without a request counts.
            connection.Transport.Input.CancelPendingRead();
            return next(connection);
        }
    }

    /// <summary>
    /// Looks at what has arrived and leaves it on the socket. Not decided when the head has not arrived whole: that, which hardly any
    /// client does, is left to the pipes. Decided without a run: the connection is not to be served here.
    /// </summary>
    private async Task<(bool IsDecided, Task? Run)> DispatchSocketAsync(DeferredConnection connection, CancellationToken limit)
    {
        await connection.Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, limit);
        var block = ArrayPool<byte>.Shared.Rent(RequestHead.MaxLength);
        Task<Task>? serving;
        HeadStatus status;
        try
        {
            var count = connection.Socket.Receive(block.AsSpan(0, RequestHead.MaxLength), SocketFlags.Peek);

            // What arrives after the time for it is Kestrel's, however soon after.
            limit.ThrowIfCancellationRequested();
            serving = dispatcher.TryServe(connection, new ReadOnlySequence<byte>(block, 0, count), out status);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block, clearArray: true);
        }

        return serving is not null ? (true, await serving) : (status != HeadStatus.Incomplete, null);
    }

    private async Task<Task> DispatchPipeAsync(ConnectionContext connection, CancellationToken limit)
    {
        var input = connection.Transport.Input;
        SequencePosition? examined = null;
        while (true)
        {
            var read = await input.ReadAsync(limit);
            var isLate = limit.IsCancellationRequested;
            var status = HeadStatus.Incomplete;
            if (!isLate && dispatcher.TryServe(connection, read.Buffer, out status) is { } serving)
            {
                return await serving;
            }

            if (isLate || status != HeadStatus.Incomplete || read.IsCompleted || read.IsCanceled)
            {
                // Nothing is consumed, and nothing more counts as examined: Kestrel's first read finds it all.
                input.AdvanceTo(read.Buffer.Start, examined ?? read.Buffer.Start);
                return next(connection);
            }

            examined = read.Buffer.End;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
