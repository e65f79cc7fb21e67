using System.Buffers;
using System.Net;
using System.Net.Sockets;

using Gateway.EngineIO.Transports;

using Microsoft.AspNetCore.Http.Features;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// Looks at the first bytes of a connection, without taking them, and has it served if they are the whole head of a WebSocket request that an
/// endpoint accepts. Everything else is the server's to read and to answer. One instance for each listener; any thread.
/// </summary>
internal sealed class ConnectionSorter(EndpointMap endpoints, PlainPort port, TimeProvider time)
{
    // The server has its own patience with clients that connect and say nothing.
    private static readonly TimeSpan s_firstBytesLimit = TimeSpan.FromSeconds(5);

    /// <summary>Gives the serving of the connection; null when it is the server's, and then untouched. Throws when it is broken.</summary>
    public async ValueTask<Task?> TryServeAsync(Socket socket)
    {
        await WaitForBytesAsync(socket, time);
        if (socket.Available == 0)
        {
            return null;
        }

        var block = ArrayPool<byte>.Shared.Rent(RequestHead.MaxLength);
        try
        {
            var head = block.AsSpan(0, socket.Receive(block.AsSpan(0, RequestHead.MaxLength), SocketFlags.Peek));
            return TryServe(socket, head);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block, clearArray: true);
        }
    }

    private static async ValueTask WaitForBytesAsync(Socket socket, TimeProvider time)
    {
        if (socket.Available > 0)
        {
            return;
        }

        try
        {
            // Not cancelled: what has been cancelled once is kept with the socket. The server's own reading comes after this one.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).AsTask().WaitAsync(s_firstBytesLimit, time);
        }
        catch (TimeoutException)
        {
            // Nothing has come.
        }
    }

    private Task? TryServe(Socket socket, ReadOnlySpan<byte> bytes)
    {
        var context = new DefaultHttpContext();
        if (!RequestHead.TryRead(bytes, context.Request, out var length)
            || endpoints.Find(context.Request.Path) is not { } endpoint
            || !port.IsPlain())
        {
            return null;
        }

        var connection = new DirectConnection(socket, length, context.Response);
        context.Features.Set<IHttpUpgradeFeature>(connection);
        context.Features.Set<IHttpRequestLifetimeFeature>(connection);
        context.Connection.RemoteIpAddress = (socket.RemoteEndPoint as IPEndPoint)?.Address;
        return endpoint.TryHandleWebSocketAsync(context);
    }
}
