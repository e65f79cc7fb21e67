using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Transports;

/// <summary>Serves WebSocket requests: the first of a session, and those that take over a polling session. Stateless; any thread.</summary>
internal sealed class WebSocketEndpoint(EngineServices services)
{
    private static readonly ReadOnlyMemory<byte> s_probe = "probe"u8.ToArray();

    /// <summary>A session that begins on a WebSocket. A place in the registry has been reserved.</summary>
    public Task OpenAsync(HttpContext context, SessionFactory factory) => BeginAsync(context, factory).Unwrap();

    /// <summary>
    /// Probe, answer, switch. Until the client's last packet polling carries the session; if the upgrade ends before it, for whatever reason, polling goes on.
    /// </summary>
    public Task UpgradeAsync(HttpContext context, EngineSession session, PollingTransport polling) =>
        polling.TryBeginUpgrade() ? TakeOverAsync(context, session, polling).Unwrap() : RefuseAsync(context);

    /// <summary>
    /// A second upgrade of a session. Accepted and closed, because this is what the reference server does and its clients look out for: a refused
    /// handshake is an error to them, not a close.
    /// </summary>
    public async Task RefuseAsync(HttpContext context)
    {
        try
        {
            using var transport = new WebSocketTransport(await WebSocketConnection.AcceptAsync(context), services);
            await transport.RefuseAsync();
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            // The client has gone; so be it.
        }
    }

    // Ends when the session runs, and gives its run: what waits for the end of the session must not keep the request.
    private async Task<Task> BeginAsync(HttpContext context, SessionFactory factory)
    {
        WebSocketConnection connection;
        try
        {
            connection = await WebSocketConnection.AcceptAsync(context);
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            services.Registry.GiveUpPlace();
            return Task.CompletedTask;
        }

        var transport = new WebSocketTransport(connection, services);
        var session = factory.Create(context, transport);
        WebSocketConnection.ForgetRequest(context);
        session.Begin(mayUpgrade: false);
        return transport.RunAsync(session);
    }

    // As above: ends when the session runs over its new transport, or when the upgrade has failed.
    private async Task<Task> TakeOverAsync(HttpContext context, EngineSession session, PollingTransport polling)
    {
        WebSocketTransport? transport = null;
        var switched = false;
        try
        {
            var connection = await WebSocketConnection.AcceptAsync(context);
            transport = new WebSocketTransport(connection, services);
            WebSocketConnection.ForgetRequest(context);
            switched = await NegotiateAsync(connection, transport, session, polling);
            if (switched)
            {
                session.SwitchTransport(transport);
                return transport.RunAsync(session);
            }
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            // The client has gone, or was too slow and has been cut off.
        }
        finally
        {
            if (!switched)
            {
                polling.AbandonUpgrade();
                transport?.Dispose();
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>True when the client has finished the upgrade and polling is at rest.</summary>
    private async ValueTask<bool> NegotiateAsync(
        WebSocketConnection connection, WebSocketTransport transport, EngineSession session, PollingTransport polling)
    {
        // Whatever is waited for below ends when the connection is cut: by the limit, or with the session.
        using var limit = services.Time.CreateTimer(
            static state => ((WebSocketConnection)state!).Abort(), connection, services.Options.UpgradeTimeout, Timeout.InfiniteTimeSpan);
        await using var onClosing = session.Closing.UnsafeRegister(static state => ((WebSocketConnection)state!).Abort(), connection);

        var probe = await transport.ReadProbeAsync();
        if (probe is not { Type: EnginePacketType.Ping } || !probe.Value.Data.Span.SequenceEqual(s_probe.Span))
        {
            return false;
        }

        polling.Probed();
        await transport.WriteProbeAsync(new EnginePacket(EnginePacketType.Pong, s_probe));
        if (await transport.ReadProbeAsync() is not { Type: EnginePacketType.Upgrade })
        {
            return false;
        }

        // A client finishes only when its poll has come back; one that does not gets what it took first.
        await polling.SwitchAsync().WaitAsync(services.Options.UpgradeTimeout, services.Time);
        return true;
    }
}
