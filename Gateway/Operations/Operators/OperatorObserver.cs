using Gateway.Conversations;
using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators.Clients;
using Gateway.Operations.Operators.Recordings;
using Gateway.Primitives;
using Gateway.SocketIO;

namespace Gateway.Operations.Operators;

/// <summary>
/// Hears of sessions and connects on behalf of the operators' page: who came and left, who was refused, and whose packets are recorded. Any
/// thread.
/// </summary>
internal sealed class OperatorObserver(ClientLedger ledger, RefusalLog refusals, ActiveRecordings recordings, TimeProvider timeProvider)
    : ISessionObserver, IConnectObserver
{
    public ISessionTap? Opened(EngineSession session) => recordings.TapOf(session);

    public void Refused(HttpContext context, EngineError error) => refusals.Add(new Refusal(
        timeProvider.GetUtcNow(),
        "handshake",
        error.Message,
        UserAgent.Read(context.Request.Headers.UserAgent.ToString(), context.Request.Query[UserAgent.Timestamp]).Library,
        AddressText.Of(context.Connection.RemoteIpAddress)));

    public void Accepted(SocketConnection socket) => ledger.Joined(ClientKind.Of(socket.Handshake));

    public void Left(SocketConnection socket) => ledger.Left(ClientKind.Of(socket.Handshake));

    public void Refused(SocketConnection socket, string message) => refusals.Add(new Refusal(
        timeProvider.GetUtcNow(),
        "connect",
        message,
        ClientKind.Of(socket.Handshake).ToString(),
        AddressText.Of(socket.Handshake.RemoteAddress)));
}
