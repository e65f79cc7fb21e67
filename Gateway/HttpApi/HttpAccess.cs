using Gateway.Access;
using Gateway.Conversations;
using Gateway.HttpApi.Conventions;

namespace Gateway.HttpApi;

/// <summary>
/// Asks the server's access policy before a route does anything else: before its parameters are bound and its body is read, as V0's routes
/// do. Stateless.
/// </summary>
internal static class HttpAccess
{
    private const string CallerKey = "Gateway.Caller";
    private const string ConversationRouteValue = "id";
    private const string ConversationsPath = "/api/conversations";
    private const string RetryAfterSeconds = "5";

    /// <summary>The route is for callers that have <paramref name="rights"/>; others are answered with 401 or 403.</summary>
    public static TBuilder RequireAccess<TBuilder>(this TBuilder builder, AccessRights rights)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Finally(endpoint =>
        {
            var serve = endpoint.RequestDelegate ?? throw new InvalidOperationException("A route without a handler.");
            endpoint.RequestDelegate = context => ServeAsync(context, rights, serve);
        });
        return builder;
    }

    /// <summary>Who asks. For routes behind <see cref="RequireAccess"/>.</summary>
    public static Caller GetCaller(this HttpContext context) =>
        context.Items[CallerKey] as Caller ?? throw new InvalidOperationException("The route does not require access.");

    private static async Task ServeAsync(HttpContext context, AccessRights rights, RequestDelegate serve)
    {
        var policy = context.RequestServices.GetRequiredService<IAccessPolicy>();
        var conversationId = context.Request.RouteValues.GetValueOrDefault(ConversationRouteValue) as string;
        var asked = AccessRequest.Of(context, policy, AccessChannel.Http, conversationId);
        var decision = (await policy.DecideAsync(asked, context.RequestAborted)).Require(rights);
        if (decision.Caller is not { } caller)
        {
            await RefuseAsync(context, decision.Refusal ?? AccessRefusal.Forbidden);
            return;
        }

        context.Items[CallerKey] = caller;
        if (await FindElsewhereAsync(context, caller) is { } elsewhere)
        {
            await elsewhere.ForwardAsync(context);
            return;
        }

        await serve(context);
    }

    /// <summary>The server behind this one, when the request is for one of its conversations: V0's routes are its own to serve.</summary>
    private static async ValueTask<IConversationsElsewhere?> FindElsewhereAsync(HttpContext context, Caller caller)
    {
        var places = context.RequestServices.GetRequiredService<ConversationPlaces>();
        return places.Elsewhere is { } elsewhere
            && context.Request.Path.StartsWithSegments(ConversationsPath)
            && context.Request.RouteValues.GetValueOrDefault(ConversationRouteValue) is string named
            && ConversationId.TryParse(named, out var id)
            && await places.IsElsewhereAsync(id, caller, context.RequestAborted)
                ? elsewhere
                : null;
    }

    private static Task RefuseAsync(HttpContext context, AccessRefusal refusal)
    {
        switch (refusal.Kind)
        {
            case RefusalKind.Forbidden:
                return ApiAnswer.Detail(StatusCodes.Status403Forbidden, refusal.HttpDetail ?? "Forbidden").ExecuteAsync(context);
            case RefusalKind.Unavailable:
                context.Response.Headers.RetryAfter = RetryAfterSeconds;
                return ApiAnswer.Detail(StatusCodes.Status503ServiceUnavailable, refusal.HttpDetail ?? "Service Unavailable")
                    .ExecuteAsync(context);
            default:
                if (refusal.Challenge is { } challenge)
                {
                    context.Response.Headers.WWWAuthenticate = challenge;
                }

                return (refusal.HttpDetail is { } detail
                    ? ApiAnswer.Detail(StatusCodes.Status401Unauthorized, detail)
                    : ApiAnswer.Unauthorized).ExecuteAsync(context);
        }
    }
}
