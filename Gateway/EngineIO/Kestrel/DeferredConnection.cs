using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// An accepted socket that becomes a whole connection of Kestrel's transport only when somebody asks for its pipes: HTTP, TLS, the
/// connection log. Two pipes and the loops that fill and empty them are 2.5 KB for each connection, more than an idle WebSocket's session;
/// <see cref="EngineConnectionMiddleware"/> serves a plain WebSocket on the socket itself. Kestrel owns it: it accepts, counts, limits,
/// logs, aborts and disposes of it as of any other. <see cref="Abort(ConnectionAbortedException)"/> from any thread, all else one caller
/// at a time.
/// </summary>
internal sealed class DeferredConnection(Socket socket, SocketConnectionContextFactory connections, IMemoryPoolFeature memoryPool)
    : ConnectionContext, IFeatureCollection, IConnectionSocketFeature
{
    private static readonly Type[] s_ofTransport =
    [
        typeof(IConnectionTransportFeature), typeof(IMemoryPoolFeature), typeof(IConnectionItemsFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IConnectionIdFeature),
    ];

    private static long s_lastId;

    private ConnectionContext? _whole;
    private KeyValuePair<Type, object>[] _features = [];
    private int _featureCount;
    private string? _id;
    private volatile bool _isClosed;

    /// <summary>True as long as nobody has asked for what only the transport's connection has.</summary>
    public bool IsDeferred => _whole is null;

    /// <summary>True once it was aborted, or disposed of: there is nothing left to read or to hand on.</summary>
    public bool IsClosed => _isClosed;

    public Socket Socket => socket;

    public override string ConnectionId
    {
        get => _id ??= Interlocked.Increment(ref s_lastId).ToString("X8", CultureInfo.InvariantCulture);
        set => _id = value;
    }

    public override IFeatureCollection Features => _whole?.Features ?? this;

    public override IDictionary<object, object?> Items
    {
        get => Whole.Items;
        set => Whole.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => Whole.Transport;
        set => Whole.Transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => Whole.ConnectionClosed;
        set => Whole.ConnectionClosed = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _whole is { } whole ? whole.LocalEndPoint : socket.LocalEndPoint;
        set => Whole.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _whole is { } whole ? whole.RemoteEndPoint : socket.RemoteEndPoint;
        set => Whole.RemoteEndPoint = value;
    }

    bool IFeatureCollection.IsReadOnly => false;

    int IFeatureCollection.Revision => _whole?.Features.Revision ?? _featureCount;

    private ConnectionContext Whole => _whole ?? Complete();

    object? IFeatureCollection.this[Type key]
    {
        get => Find(key);
        set => Set(key, value);
    }

    /// <summary>
    /// Takes a head that was looked at off the socket. Throws <see cref="SocketException"/> when the client has reset it.
    /// </summary>
    public void SkipHead(int length)
    {
        Span<byte> skipped = stackalloc byte[512];
        while (length > 0)
        {
            var count = socket.Receive(skipped[..Math.Min(length, skipped.Length)], SocketFlags.None);
            if (count == 0)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            length -= count;
        }
    }

    /// <summary>As Kestrel's transport does it, and where the socket is served directly, with a reset.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (_whole is { } whole)
        {
            whole.Abort(abortReason);
            return;
        }

        _isClosed = true;
        socket.Close(timeout: 0);
    }

    public override async ValueTask DisposeAsync()
    {
        _isClosed = true;
        await base.DisposeAsync();
        if (_whole is { } whole)
        {
            await whole.DisposeAsync();
            return;
        }

        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The client was faster, or it was aborted.
        }

        socket.Dispose();
    }

    [return: MaybeNull]
    TFeature IFeatureCollection.Get<TFeature>() => (TFeature?)Find(typeof(TFeature));

    void IFeatureCollection.Set<TFeature>(TFeature? instance)
        where TFeature : default => Set(typeof(TFeature), instance);

    IEnumerator<KeyValuePair<Type, object>> IEnumerable<KeyValuePair<Type, object>>.GetEnumerator() =>
        (_whole is { } whole ? whole.Features : _features.Take(_featureCount)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<KeyValuePair<Type, object>>)this).GetEnumerator();

    /// <summary>Starts the transport's own connection on the socket; it takes over what has been set here.</summary>
    private ConnectionContext Complete()
    {
        var whole = connections.Create(socket);
        whole.ConnectionId = ConnectionId;
        whole.Features.Set(memoryPool);
        foreach (var (type, feature) in _features.AsSpan(0, _featureCount))
        {
            whole.Features[type] = feature;
        }

        _features = [];
        _featureCount = 0;
        return _whole = whole;
    }

    private object? Find(Type type)
    {
        if (_whole is { } whole)
        {
            // Somebody has held on to this collection.
            return whole.Features[type];
        }

        foreach (var (known, feature) in _features.AsSpan(0, _featureCount))
        {
            if (known == type)
            {
                return feature;
            }
        }

        return type == typeof(IConnectionSocketFeature) ? this
            : Array.IndexOf(s_ofTransport, type) >= 0 ? Whole.Features[type]
            : null;
    }

    private void Set(Type type, object? feature)
    {
        if (_whole is { } whole)
        {
            whole.Features[type] = feature;
            return;
        }

        var at = Array.FindIndex(_features, 0, _featureCount, known => known.Key == type);
        if (feature is null)
        {
            if (at >= 0)
            {
                _features[at] = _features[--_featureCount];
                _features[_featureCount] = default;
            }

            return;
        }

        if (at < 0)
        {
            at = _featureCount++;
            if (at == _features.Length)
            {
                // Kestrel sets a handful, and all of them at the beginning.
                Array.Resize(ref _features, at + 1);
            }
        }

        _features[at] = new KeyValuePair<Type, object>(type, feature);
    }
}
