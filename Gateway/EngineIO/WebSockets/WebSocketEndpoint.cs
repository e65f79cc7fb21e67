using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.WebSockets;

/// <summary>Serves the WebSocket requests that begin a session. Stateless; any thread.</summary>
internal sealed class WebSocketEndpoint(EngineContext services)
{
    /// <summary>
    /// A session that begins on a WebSocket. Completes as soon as it has begun, with the task of its whole run: the request's state is not
    /// held for the life of the session. Disposes of the slot.
    /// </summary>
    public async Task<Task> BeginAsync(HttpContext context, SessionFactory factory, SessionSlot slot)
    {
        using var reserved = slot;
        WebSocketConnection connection;
        try
        {
            connection = await WebSocketConnection.AcceptAsync(context, services.Options.Compression);
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            return Task.CompletedTask;
        }

        var transport = new WebSocketTransport(connection, services);
        var session = factory.Create(context, transport);
        WebSocketConnection.ForgetRequest(context);
        session.Begin(mayUpgrade: false, slot);
        return transport.RunAsync(session);
    }
}
