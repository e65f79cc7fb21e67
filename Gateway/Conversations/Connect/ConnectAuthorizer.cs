using Gateway.Access;
using Gateway.Primitives;
using Gateway.SocketIO;

namespace Gateway.Conversations.Connect;

/// <summary>What a CONNECT may join, and as whom; or the text of its refusal, and what logs and metrics call that.</summary>
internal readonly record struct AuthorizedConnect(ConversationKey Key, Admission? Admission, string? Refusal, string? Outcome = null)
{
    /// <param name="message">What the client is told.</param>
    /// <param name="outcome">Null when the message is a text of this program's own.</param>
    public static AuthorizedConnect Refused(string message, string? outcome = null) => new(default, null, message, outcome);
}

/// <summary>
/// The checks of a CONNECT that need no store, in V0's order: a conversation id, its form, then the server's access policy. Immutable;
/// any thread.
/// </summary>
internal sealed partial class ConnectAuthorizer(
    IAccessPolicy policy, ConversationUsers users, ConversationPlaces places, ILogger<ConnectAuthorizer> logger)
{
    /// <param name="query">What the client asks for.</param>
    /// <param name="socket">The client's.</param>
    /// <param name="request">Its CONNECT.</param>
    /// <param name="isOwn">The namespace is the conversation's own; its connection may have others.</param>
    public async ValueTask<AuthorizedConnect> AuthorizeAsync(
        ConnectQuery query, SocketConnection socket, ConnectRequest request, bool isOwn, CancellationToken cancellationToken)
    {
        if (query.UnknownProviders.Count > 0)
        {
            Log.UnknownProviders(new ScopedLogger(logger, socket.Scope), query.UnknownProviders.Count);
        }

        if (query.ConversationId is null)
        {
            return AuthorizedConnect.Refused(ConnectRefusals.NoConversationId);
        }

        if (!ConversationId.TryParse(query.ConversationId, out var id))
        {
            return AuthorizedConnect.Refused(ConnectRefusals.InvalidConversationId);
        }

        if (query.HasBadFilter)
        {
            return AuthorizedConnect.Refused(ConnectRefusals.BadKinds);
        }

        if (query.Filter is { UnknownNames: > 0 and var unknown })
        {
            Log.UnknownKinds(new ScopedLogger(logger, socket.Scope), unknown);
        }

        var asked = RequestOf(id, socket, request);
        var decision = (await policy.DecideAsync(asked, cancellationToken)).Require(AccessRights.Read);
        if (decision.Caller is { } caller)
        {
            if (isOwn && await places.IsElsewhereAsync(id, caller, cancellationToken))
            {
                // A connection is passed on by its handshake; what is said in one of its namespaces cannot be.
                return AuthorizedConnect.Refused(ConnectRefusals.OwnConnectionOnly);
            }

            return new AuthorizedConnect(users.KeyOf(id, caller), new Admission(asked, caller, decision.Until), null);
        }

        var refusal = decision.Refusal ?? AccessRefusal.Forbidden;
        return AuthorizedConnect.Refused(refusal.SocketMessage, refusal.Outcome);
    }

    private static AccessRequest RequestOf(ConversationId id, SocketConnection socket, ConnectRequest request)
    {
        var handshake = socket.Handshake;
        return new AccessRequest
        {
            Channel = AccessChannel.Socket,
            Path = handshake.Path,
            IsHttps = handshake.IsHttps,
            Query = handshake.Query,
            Headers = handshake.Headers,
            Auth = request.Auth,
            RemoteAddress = handshake.RemoteAddress,
            ConversationId = id.Value,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} unknown names in providers_set are ignored.")]
        public static partial void UnknownProviders(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Debug, "{Count} names in kinds are of no kind that is known; events of such kinds would be sent.")]
        public static partial void UnknownKinds(ILogger logger, int count);
    }
}
