using System.Buffers;
using System.Net;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// The HTTP request at the beginning of a connection, as an <see cref="HttpContext"/> for <c>Admission</c>: what a request through
/// Kestrel's HTTP is asked, this one is asked too. Pooled, because all of it together is larger than the session that comes of it; empty
/// of secrets while it waits. Used by one connection at a time, until its WebSocket has begun.
/// </summary>
internal sealed class HandshakeContext : IHttpUpgradeFeature, IResettable
{
    private const int UsualHeaders = 8;

    private readonly FeatureCollection _features = new(UsualHeaders);
    private readonly HeaderDictionary _answer = new(UsualHeaders);
    private readonly HttpConnectionFeature _addresses = new();
    private ConnectionContext? _connection;
    private ReadOnlySequence<byte> _head;

    public HandshakeContext()
    {
        _features.Set<IHttpRequestFeature>(Request);
        _features.Set<IQueryFeature>(Request);
        _features.Set<IHttpResponseFeature>(new HttpResponseFeature { Headers = _answer });
        _features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        _features.Set<IHttpConnectionFeature>(_addresses);
        _features.Set<IHttpUpgradeFeature>(this);
        Http = new DefaultHttpContext(_features);
    }

    public HttpContext Http { get; }

    /// <summary>Takes what is read of the head.</summary>
    public HandshakeRequest Request { get; } = new(UsualHeaders);

    public bool IsUpgradableRequest => _connection is not null;

    /// <summary>The head has been read: what else there is to know of the request.</summary>
    /// <param name="connection">Its input has been read and not advanced since, or its socket was looked at.</param>
    /// <param name="head">The head, whole: valid until <see cref="UpgradeAsync"/> is called.</param>
    public void Attach(ConnectionContext connection, in ReadOnlySequence<byte> head)
    {
        _connection = connection;
        _head = head;
        Request.Scheme = connection.Features.Get<ITlsHandshakeFeature>() is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        _features.Set(connection.Features.Get<ISslStreamFeature>());
        _addresses.RemoteIpAddress = (connection.RemoteEndPoint as IPEndPoint)?.Address;
    }

    /// <summary>Takes the head off the input, answers it, and leaves what follows it.</summary>
    public async Task<Stream> UpgradeAsync()
    {
        var connection = _connection ?? throw new InvalidOperationException("There is nothing to upgrade, or it has been upgraded.");
        _connection = null;
        var stream = Take(connection);
        _features.Set<IHttpRequestLifetimeFeature>(stream);
        await SwitchingProtocols.WriteAsync(stream, _answer);
        return stream;
    }

    public bool TryReset()
    {
        _connection = null;
        _head = default;
        Request.Clear();
        _answer.Clear();
        Http.Response.StatusCode = StatusCodes.Status200OK;
        _addresses.RemoteIpAddress = null;
        _addresses.RemotePort = 0;
        _features.Set<IHttpRequestLifetimeFeature>(null);
        _features.Set<ISslStreamFeature>(null);
        return true;
    }

    private ConnectionStream Take(ConnectionContext connection)
    {
        if (connection is DeferredConnection { IsDeferred: true } deferred)
        {
            deferred.SkipHead((int)_head.Length);
            return new SocketStream(deferred);
        }

        connection.Transport.Input.AdvanceTo(_head.End);
        return new PipeStream(connection);
    }
}
