using Gateway.Access;
using Gateway.Conversations;
using Gateway.EngineIO;

using Microsoft.AspNetCore.Http;

namespace Gateway.Agents.V0;

/// <summary>
/// Passes the sockets of the V0 server's conversations through to it, polling and WebSocket. A handshake is asked for what it shows first;
/// one that the gateway's policy refuses is left to the gateway, which refuses it in V0's words. Immutable; any thread.
/// </summary>
internal sealed class V0Sockets(V0Server server, ConversationPlaces places, IAccessPolicy policy) : ISessionsBehind
{
    private const string IdParameter = "conversation_id";

    public async ValueTask<bool> TryServeAsync(HttpContext context, bool isHandshake)
    {
        if (isHandshake && !await IsForV0Async(context))
        {
            return false;
        }

        // A session that nobody here knows is V0's, which has looked at its handshake, or nobody's, which V0 says as well.
        await server.ForwardSocketAsync(context);
        return true;
    }

    /// <summary>Whether a handshake is for one of V0's conversations, and may come in.</summary>
    private async ValueTask<bool> IsForV0Async(HttpContext context)
    {
        var named = context.Request.Query[IdParameter].FirstOrDefault(static value => !string.IsNullOrEmpty(value));
        if (!ConversationId.TryParse(named, out var id))
        {
            return false;
        }

        try
        {
            // A socket's method is GET, whatever carries its handshake.
            var asked = AccessRequest.Of(context, policy, AccessChannel.Socket, id.Value) with { Method = HttpMethods.Get };
            var decision = (await policy.DecideAsync(asked, context.RequestAborted)).Require(AccessRights.Read);
            return decision.Caller is { } caller && await places.IsElsewhereAsync(id, caller, context.RequestAborted);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            || (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested))
        {
            // The client has left; or the store is away, and says so: its own conversations are refused, and V0's are not known from them.
            return false;
        }
    }
}
