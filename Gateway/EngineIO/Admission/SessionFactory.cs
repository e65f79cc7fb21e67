using Gateway.EngineIO.Sessions;
using Gateway.Primitives;

namespace Gateway.EngineIO.Admission;

/// <summary>Makes the sessions of one endpoint from their first requests. Immutable; any thread.</summary>
internal sealed class SessionFactory(EngineContext services, IEngineApplication application)
{
    private readonly HandshakeReader _handshakes = new(services.Options);

    public EngineSession Create(HttpContext context, ISessionTransport transport)
    {
        var handshake = _handshakes.Read(context);
        var scope = new ConnectionScope(ConnectionId.Next(), _handshakes.ReadLabels(context.Request.Query));
        return new EngineSession(services, application, handshake, scope, transport);
    }
}
