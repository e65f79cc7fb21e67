using Gateway.EngineIO.Polling;
using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;
using Gateway.EngineIO.WebSockets;
using Gateway.Primitives;

namespace Gateway.EngineIO.Upgrade;

/// <summary>
/// Moves a polling session to a WebSocket (Engine.IO 4, "Upgrade"), from the request to the switch:
/// <list type="number">
/// <item>the client sends a ping with the text <c>probe</c>;</item>
/// <item>a poll that waits is answered, with a noop if there is nothing else, and so is every later one;</item>
/// <item>the pong with the same text tells the client that the WebSocket works; it waits for its poll to come back;</item>
/// <item>the client sends an upgrade packet: new requests are refused, and open ones end;</item>
/// <item>the session is switched over: one reader of its outbound queue has gone before the next one begins.</item>
/// </list>
/// Up to the last step polling carries the session; whatever goes wrong before it ends the WebSocket alone, and polling goes on. Stateless;
/// any thread.
/// </summary>
internal sealed partial class TransportUpgrade(EngineContext services)
{
    private static readonly ReadOnlyMemory<byte> s_probe = "probe"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> s_isUpgraded = "the session has its WebSocket"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> s_isNoUpgrade = "not a packet of an upgrade"u8.ToArray();

    private readonly ILogger _logger = services.CreateLogger<TransportUpgrade>();

    /// <summary>
    /// A WebSocket that asks for the session of <paramref name="polling"/>. Completes when the upgrade has failed; or, with the task of
    /// the session's whole run, as soon as the session runs over its new transport, so that the request's state is not held for the life
    /// of the session.
    /// </summary>
    public Task<Task> RunAsync(HttpContext context, EngineSession session, PollingTransport polling) =>
        polling.TryBeginUpgrade() ? TakeOverAsync(context, session, polling) : RefuseAsync(context);

    /// <summary>
    /// A second upgrade of a session. Accepted and closed, because this is what the reference server does and its clients look out for: a
    /// refused handshake is an error to them, not a close.
    /// </summary>
    public async Task<Task> RefuseAsync(HttpContext context)
    {
        try
        {
            using var transport = new WebSocketTransport(await WebSocketConnection.AcceptAsync(context, compresses: false), services);
            await transport.RefuseAsync(WebSocketClosePayload.PolicyViolation, s_isUpgraded);
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            // The client has gone, and with it the connection that was to be closed.
        }

        return Task.CompletedTask;
    }

    private async Task<Task> TakeOverAsync(HttpContext context, EngineSession session, PollingTransport polling)
    {
        WebSocketTransport? transport = null;
        var end = UpgradeEnd.ClientLeft;
        try
        {
            try
            {
                var connection = await WebSocketConnection.AcceptAsync(context, services.Options.Compression);
                transport = new WebSocketTransport(connection, services);
                WebSocketConnection.ForgetRequest(context);
                end = await NegotiateAsync(connection, transport, session, polling);
            }
            finally
            {
                // Before the client is told: it may poll, and ask again, as soon as it is.
                if (end != UpgradeEnd.Switched)
                {
                    polling.AbandonUpgrade();
                    Log.Failed(new ScopedLogger(_logger, session.Scope), SmallWords.Of(end));
                }
            }

            if (end == UpgradeEnd.Switched)
            {
                session.SwitchTransport(transport);
                return transport.RunAsync(session);
            }

            await (end == UpgradeEnd.UnexpectedPacket
                ? transport.RefuseAsync(WebSocketClosePayload.ProtocolError, s_isNoUpgrade)
                : transport.RefuseAsync(WebSocketClosePayload.Normal, default));
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            // The connection is over already.
        }
        finally
        {
            if (end != UpgradeEnd.Switched)
            {
                transport?.Dispose();
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// <see cref="UpgradeEnd.Switched"/> when the client has finished the upgrade and no request of the session is open.
    /// </summary>
    private async ValueTask<UpgradeEnd> NegotiateAsync(
        WebSocketConnection connection, WebSocketTransport transport, EngineSession session, PollingTransport polling)
    {
        // Everything below ends with this token: it cuts the connection that is read and written, and ends the wait for the open requests.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(session.Closing);
        await using var limit = new UpgradeTimeLimit(polling, end, services);
        await using var onEnd = end.Token.UnsafeRegister(static state => ((WebSocketConnection)state!).Abort(), connection);

        try
        {
            var probe = await transport.ReadProbeAsync();
            if (probe is { Type: EnginePacketType.Ping } && probe.Value.Data.Span.SequenceEqual(s_probe.Span))
            {
                polling.ReturnPolls();
                await transport.WriteProbeAsync(new EnginePacket(EnginePacketType.Pong, s_probe));
                if (await transport.ReadProbeAsync() is { Type: EnginePacketType.Upgrade })
                {
                    // A client sends it when its poll has come back. For one that does not wait, the open requests are finished first.
                    await polling.PauseAsync(end.Token);
                    return UpgradeEnd.Switched;
                }
            }
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            // What has ended it is told below.
        }

        return session.IsClosed ? UpgradeEnd.SessionEnded
            : limit.IsOver ? UpgradeEnd.TooSlow
            : transport.IsLeft ? UpgradeEnd.ClientLeft
            : UpgradeEnd.UnexpectedPacket;
    }

    /// <summary>What an upgrade came to.</summary>
    private enum UpgradeEnd
    {
        Switched,

        /// <summary>What came is not what an upgrade sends.</summary>
        UnexpectedPacket,
        TooSlow,
        ClientLeft,
        SessionEnded,
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "An upgrade to a WebSocket came to nothing: {Reason}. Polling goes on.")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
