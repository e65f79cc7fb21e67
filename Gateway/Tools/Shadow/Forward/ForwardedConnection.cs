using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Gateway.Tools.Shadow.Forward;

/// <summary>How a connection to V0 came to its end, as far as it is worth a line.</summary>
internal enum ForwardEnd
{
    Ordinary,

    /// <summary>V0 does not accept connections.</summary>
    NotReached,

    /// <summary>V0 reset the connection, as a server that is killed does.</summary>
    ResetByServer,
}

/// <summary>
/// One client's connection and the one to V0 that stands for it: two pumps, bytes as they are, ends and resets as they are. Nothing is
/// parsed. Owns both sockets while it runs.
/// </summary>
internal sealed class ForwardedConnection(Socket client, Uri server, WireTap tap, ShadowCounters counters)
{
    private const int BufferSize = 16 * 1024;
    private const int NoEnd = -1;

    // One side has said its last byte: the other may still have much to say, but not for ever.
    private static readonly TimeSpan s_halfClosed = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    // Which side ended first; both pumps write it, the first one wins.
    private int _firstEnd = NoEnd;

    /// <summary>Ends when both directions have, or the token says so.</summary>
    public async Task<ForwardEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var near = client;
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Prepare(near);
        Prepare(far);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var nearStream = new NetworkStream(near, ownsSocket: false);
        await using var farStream = await TryConnectAsync(far, end.Token);
        if (farStream is null)
        {
            tap.Write(TapKind.ServerEnd, []);
            Reset(near);
            return cancellationToken.IsCancellationRequested ? ForwardEnd.Ordinary : ForwardEnd.NotReached;
        }

        var up = PumpAsync(nearStream, farStream, far, TapKind.FromClient, end.Token);
        var down = PumpAsync(farStream, nearStream, near, TapKind.FromServer, end.Token);
        var first = await Task.WhenAny(up, down);
        var isReset = await first is not PumpEnd.Finished;
        end.CancelAfter(isReset ? TimeSpan.Zero : s_halfClosed);
        if (isReset)
        {
            // What one end did to us, the other would have seen itself.
            Reset(near);
            Reset(far);
        }

        await Task.WhenAll(up, down);
        var isServers = (first == down && await down is PumpEnd.SourceReset) || (first == up && await up is PumpEnd.TargetReset);
        isServers &= _firstEnd == (int)TapKind.ServerEnd;
        return isServers && !cancellationToken.IsCancellationRequested ? ForwardEnd.ResetByServer : ForwardEnd.Ordinary;
    }

    private static void Prepare(Socket socket)
    {
        socket.NoDelay = true;

        // A peer that is gone without a word is found out by the system.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Close();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }

    /// <summary>Null when V0 is not to be reached.</summary>
    private async Task<Stream?> TryConnectAsync(Socket far, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_connectTimeout);
        try
        {
            await far.ConnectAsync(new DnsEndPoint(server.DnsSafeHost, server.Port), limit.Token);
            var stream = new NetworkStream(far, ownsSocket: false);
            if (server.Scheme != Uri.UriSchemeHttps)
            {
                return stream;
            }

            var secure = new SslStream(stream);
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = server.DnsSafeHost }, limit.Token);
            return secure;
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException
            or System.Security.Authentication.AuthenticationException)
        {
            return null;
        }
    }

    private async Task<PumpEnd> PumpAsync(
        Stream source, Stream target, Socket targetSocket, TapKind kind, CancellationToken cancellationToken)
    {
        try
        {
            // A read of nothing ends when there is something: an idle connection holds no buffer.
            while (await source.ReadAsync(Memory<byte>.Empty, cancellationToken) == 0)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                try
                {
                    var read = await source.ReadAsync(buffer, cancellationToken);
                    if (read == 0)
                    {
                        return await FinishAsync(target, targetSocket, kind);
                    }

                    // Before it is passed on: its answer must not seem to have come first.
                    tap.Write(kind, buffer.AsSpan(0, read));
                    if (!await TryWriteAsync(target, buffer.AsMemory(0, read), cancellationToken))
                    {
                        return End(Other(kind), PumpEnd.TargetReset);
                    }

                    counters.Forwarded(read);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
                }
            }

            return End(kind, PumpEnd.SourceReset);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException
            or InvalidOperationException)
        {
            return End(kind, PumpEnd.SourceReset);
        }
        catch (OperationCanceledException)
        {
            // The shadow goes: to those who look on that is as if the client did.
            return End(TapKind.FromClient, PumpEnd.Stopped);
        }
    }

    private static async ValueTask<bool> TryWriteAsync(Stream target, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await target.WriteAsync(bytes, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException
            or InvalidOperationException)
        {
            return false;
        }
    }

    private static TapKind Other(TapKind kind) => kind == TapKind.FromClient ? TapKind.FromServer : TapKind.FromClient;

    private PumpEnd End(TapKind kind, PumpEnd end)
    {
        var side = kind == TapKind.FromClient ? TapKind.ClientEnd : TapKind.ServerEnd;
        Interlocked.CompareExchange(ref _firstEnd, (int)side, NoEnd);
        tap.Write(side, []);
        return end;
    }

    /// <summary>The source has said its last byte; so is the target told.</summary>
    private async ValueTask<PumpEnd> FinishAsync(Stream target, Socket targetSocket, TapKind kind)
    {
        // Before the target is told: it may end its side at once, and must not seem to have been first.
        var end = End(kind, PumpEnd.Finished);
        try
        {
            if (target is SslStream secure)
            {
                await secure.ShutdownAsync();
            }

            targetSocket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException
            or InvalidOperationException)
        {
            // It has gone meanwhile.
        }

        return end;
    }

    private enum PumpEnd
    {
        Finished,
        SourceReset,
        TargetReset,
        Stopped,
    }
}
