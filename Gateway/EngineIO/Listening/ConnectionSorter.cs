using System.Buffers;
using System.Net;
using System.Net.Sockets;

using Gateway.EngineIO.Sessions;
using Gateway.EngineIO.Transports;

using Microsoft.AspNetCore.Http.Features;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// Looks at the first bytes of a connection, without taking them, and has it served if they are the whole head of a WebSocket request that an
/// endpoint accepts. Everything else is the server's to read and to answer. One instance for each listener; any thread.
/// </summary>
internal sealed class ConnectionSorter(EndpointMap endpoints, PlainPort port, EngineServices services)
{
    private const int UsualHeaders = 8;
    private const int Features = 8;

    private readonly RequestHead _head = new(services.Options);

    /// <summary>Gives the serving of a connection that has sent something; null when it is the server's, and then untouched. Throws when it is broken.</summary>
    public Task? TryServe(Socket socket)
    {
        var block = ArrayPool<byte>.Shared.Rent(RequestHead.MaxLength);
        try
        {
            var count = socket.Receive(block.AsSpan(0, RequestHead.MaxLength), SocketFlags.Peek);
            return TryServe(socket, block.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block, clearArray: true);
        }
    }

    private Task? TryServe(Socket socket, ReadOnlySpan<byte> bytes)
    {
        var request = new HttpRequestFeature { Headers = new HeaderDictionary(UsualHeaders) };
        return _head.TryRead(bytes, request, out var length) && endpoints.Find(request.Path) is { } endpoint && port.IsPlain()
            ? endpoint.TryHandleWebSocketAsync(CreateContext(socket, request, length))
            : null;
    }

    private static DefaultHttpContext CreateContext(Socket socket, HttpRequestFeature request, int headLength)
    {
        var features = new FeatureCollection(Features);
        var context = new DefaultHttpContext(features);
        features.Set<IHttpRequestFeature>(request);
        features.Set<IQueryFeature>(new QueryFeature(new QueryText(request.QueryString)));
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = (socket.RemoteEndPoint as IPEndPoint)?.Address });

        var connection = new DirectConnection(socket, headLength, context.Response);
        features.Set<IHttpUpgradeFeature>(connection);
        features.Set<IHttpRequestLifetimeFeature>(connection);
        return context;
    }
}
