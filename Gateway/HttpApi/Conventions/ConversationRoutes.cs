using Gateway.Conversations;
using Gateway.Conversations.Runtime;

namespace Gateway.HttpApi.Conventions;

/// <summary>A request below a conversation that is known. Lives as long as the request.</summary>
/// <param name="Context">The request.</param>
/// <param name="Id">The id as the client wrote it.</param>
/// <param name="Key">The conversation.</param>
/// <param name="Info">What is known of it.</param>
internal sealed record ConversationRequest(HttpContext Context, string Id, ConversationKey Key, ConversationInfo Info)
{
    /// <summary>As V0 sees it: also while the session is being opened.</summary>
    public bool IsRunning => Info.Status.State != SessionState.Closed;

    public CancellationToken Aborted => Context.RequestAborted;
}

/// <summary>
/// The routes below one conversation. Whether it is known is looked at before the query and the body, as V0 does. Stateless. Source:
/// PROTOCOL.md, "V0 workspace".
/// </summary>
internal static class ConversationRoutes
{
    private const string Prefix = "/api/conversations/{id}";

    /// <summary>The group that such routes are mapped in.</summary>
    public static RouteGroupBuilder MapConversation(this IEndpointRouteBuilder endpoints) => endpoints.MapGroup(Prefix);

    /// <summary>Serves known conversations by <paramref name="serve"/>, and answers 404 for others.</summary>
    public static Delegate ForConversation(Func<ConversationRequest, ValueTask<IResult>> serve) =>
        (HttpContext context) => ServeAsync(context, serve);

    /// <summary>The same for a request that has come this far already.</summary>
    public static async Task<IResult> ServeAsync(HttpContext context, Func<ConversationRequest, ValueTask<IResult>> serve)
    {
        var id = context.Request.RouteValues["id"] as string ?? "";
        return await FindAsync(context, id) is { } request
            ? await serve(request)
            : ApiAnswer.Detail(StatusCodes.Status404NotFound, $"Conversation {id} not found");
    }

    /// <summary>
    /// The caller's conversation of that id; null when the id is of no conversation's form, so that none is known by it.
    /// </summary>
    public static ConversationKey? KeyOf(HttpContext context, string id) => ConversationId.TryParse(id, out var parsed)
        ? context.RequestServices.GetRequiredService<ConversationUsers>().KeyOf(parsed, context.GetCaller())
        : null;

    private static async ValueTask<ConversationRequest?> FindAsync(HttpContext context, string id) =>
        KeyOf(context, id) is { } key
        && await context.RequestServices.GetRequiredService<ConversationService>().FindAsync(key, context.RequestAborted) is { } info
            ? new ConversationRequest(context, id, key, info)
            : null;
}
