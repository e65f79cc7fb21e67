using Gateway.Conversations;
using Gateway.Conversations.Handshake;
using Gateway.Conversations.Sessions;
using Gateway.Conversations.Storage;

namespace Gateway.HttpApi;

/// <summary>
/// One word about a conversation, the same for V0 and V1: <c>GET /api/gateway/conversations/{id}/status</c>. Stateless.
/// </summary>
internal static class GatewayStatusEndpoint
{
    public static IEndpointConventionBuilder MapGatewayStatus(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/api/gateway/conversations/{id}/status", GetAsync);

    private static async Task<IResult> GetAsync(
        string id, HttpContext context, ConversationsOptions options, ConversationRegistry registry, IConversationStore store, IAgentBackendFactory backends)
    {
        // As V0's own routes: a header, and nothing else in place of it.
        if (!new SessionApiKey(options.SessionApiKey).Admits(context.Request.Headers["X-Session-API-Key"]))
        {
            return Results.Json(new { detail = "Unauthorized" }, statusCode: StatusCodes.Status401Unauthorized);
        }

        if (!ConversationId.TryParse(id, out var conversationId))
        {
            return Results.Json(new { detail = "Invalid conversation_id" }, statusCode: StatusCodes.Status400BadRequest);
        }

        var userId = ConversationId.TryParse(options.UserId, out var user) ? user : default(ConversationId?);
        var key = registry.Canonical(new ConversationKey(conversationId, userId));
        var isOpening = registry.TryFind(key, out var session);
        var log = session?.Log ?? await store.OpenLogAsync(key, context.RequestAborted);
        if (!isOpening && log.Head < 0 && !await IsKnownAsync(store, key, context.RequestAborted))
        {
            return Results.Json(new { detail = "Conversation not found" }, statusCode: StatusCodes.Status404NotFound);
        }

        context.Response.Headers.CacheControl = "no-store";
        var upstream = session?.UpstreamState;
        return Results.Json(new
        {
            version = backends.Version,
            status = Word(isOpening, session is not null, upstream),
            upstream,
            clients = session?.ClientCount ?? 0,
            head = log.Head,
        });
    }

    /// <summary>The word of the web client's unified status.</summary>
    internal static string Word(bool isOpening, bool isOpen, string? upstream) => (isOpen, upstream) switch
    {
        (true, null or "OPEN") => "CONNECTED",
        (true, "CONNECTING") => "CONNECTING",
        (true, _) => "DISCONNECTED",
        (false, _) => isOpening ? "CONNECTING" : "DISCONNECTED",
    };

    private static async Task<bool> IsKnownAsync(IConversationStore store, ConversationKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadMetadataAsync(key, cancellationToken) is not null;
        }
        catch (InvalidDataException)
        {
            // Damaged, and so there.
            return true;
        }
    }
}
