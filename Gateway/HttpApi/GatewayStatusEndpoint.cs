using Gateway.Access;
using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Primitives.Json;

namespace Gateway.HttpApi;

/// <summary>
/// One word about a conversation, the same for V0 and V1: <c>GET /api/gateway/conversations/{id}/status</c>. Stateless.
/// </summary>
internal static class GatewayStatusEndpoint
{
    public static IEndpointConventionBuilder MapGatewayStatus(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/api/gateway/conversations/{id}/status", GetAsync).RequireAccess(AccessRights.Read)
            .WithName("GetConversationStatus").WithTags("Gateway").WithSummary("One word about a conversation, the same for V0 and V1.");

    private static async Task<IResult> GetAsync(
        string id,
        HttpContext context,
        ConversationUsers users,
        ConversationService conversations,
        ConversationPlaces places,
        IAgentBackendFactory backends)
    {
        if (!ConversationId.TryParse(id, out var conversationId))
        {
            return Results.Json(new { detail = "Invalid conversation_id" }, statusCode: StatusCodes.Status400BadRequest);
        }

        context.Response.Headers.CacheControl = "no-store";
        if (await places.IsElsewhereAsync(conversationId, context.GetCaller(), context.RequestAborted)
            && places.Elsewhere is { } elsewhere)
        {
            return await elsewhere.FindAsync(conversationId, context) is { } found
                ? Results.Json(new
                {
                    version = "V0",
                    status = found.Text("status") switch { "RUNNING" => "CONNECTED", "STARTING" => "CONNECTING", _ => "DISCONNECTED" },
                    upstream = (string?)null,
                    clients = (int)(found["num_connections"].AsNumber() ?? 0),
                    head = (int?)null,
                })
                : Results.Json(new { detail = "Conversation not found" }, statusCode: StatusCodes.Status404NotFound);
        }

        var key = users.KeyOf(conversationId, context.GetCaller());
        var log = await conversations.ReadLogAsync(key, context.RequestAborted);
        var known = await conversations.FindAsync(key, context.RequestAborted);
        if (known is null && log.Head < 0)
        {
            return Results.Json(new { detail = "Conversation not found" }, statusCode: StatusCodes.Status404NotFound);
        }

        var status = known?.Status ?? default;
        return Results.Json(new
        {
            version = (known?.Agent ?? backends).Version,
            status = Word(status),
            upstream = status.UpstreamState,
            clients = status.Clients,
            head = log.Head,
        });
    }

    /// <summary>The word of the web client's unified status.</summary>
    internal static string Word(SessionStatus status) => status switch
    {
        { State: SessionState.Open, UpstreamState: null or "OPEN" or "RESTING" } => "CONNECTED",
        { State: SessionState.Open, UpstreamState: "CONNECTING" } or { State: SessionState.Opening } => "CONNECTING",
        _ => "DISCONNECTED",
    };
}
