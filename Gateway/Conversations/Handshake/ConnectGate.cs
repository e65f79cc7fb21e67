using Gateway.SocketIO;

namespace Gateway.Conversations.Handshake;

/// <summary>Who may come in: the checks of a CONNECT that need no store, in V0's order. Immutable; any thread.</summary>
internal sealed partial class ConnectGate(ConversationsOptions options, ILogger<ConnectGate> logger)
{
    private readonly SessionApiKey _key = new(options.SessionApiKey);
    private readonly ConversationId? _userId = ConversationId.TryParse(options.UserId, out var user) ? user : null;

    /// <summary>The conversation that the client may join, or the text of the refusal.</summary>
    public (ConversationKey Key, string? Refusal) Check(ConnectQuery query, SocketConnection socket, ConnectRequest request)
    {
        if (query.UnknownProviders.Count > 0)
        {
            Log.UnknownProviders(new Primitives.ScopedLogger(logger, socket.Scope), query.UnknownProviders.Count);
        }

        if (query.ConversationId is null)
        {
            return (default, ConnectRefusals.NoConversationId);
        }

        if (!ConversationId.TryParse(query.ConversationId, out var id))
        {
            return (default, ConnectRefusals.InvalidConversationId);
        }

        var header = socket.Handshake.Headers.GetValueOrDefault("x-session-api-key");
        if (!_key.Admits(query.SessionApiKey, header, ConnectAuth.ReadSessionApiKey(request.Auth.Span)))
        {
            return (default, ConnectRefusals.InvalidSessionApiKey);
        }

        return (new ConversationKey(id, _userId), null);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} unknown names in providers_set are ignored.")]
        public static partial void UnknownProviders(ILogger logger, int count);
    }
}
