using Gateway.Access;
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
        var decision = (await policy.DecideAsync(Describe(context, policy), context.RequestAborted)).Require(rights);
        if (decision.Caller is not { } caller)
        {
            await (decision.Refusal is { IsAuthenticated: true }
                ? ApiAnswer.Detail(StatusCodes.Status403Forbidden, "Forbidden")
                : ApiAnswer.Unauthorized).ExecuteAsync(context);
            return;
        }

        context.Items[CallerKey] = caller;
        await serve(context);
    }

    private static AccessRequest Describe(HttpContext context, IAccessPolicy policy)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in policy.HeaderNames)
        {
            if (context.Request.Headers.TryGetValue(name, out var values))
            {
                headers[name] = values.ToString();
            }
        }

        return new AccessRequest
        {
            Channel = AccessChannel.Http,
            Path = context.Request.Path.Value ?? "/",
            Query = context.Request.Query,
            Headers = headers,
            RemoteAddress = context.Connection.RemoteIpAddress,
            ConversationId = context.Request.RouteValues.GetValueOrDefault(ConversationRouteValue) as string,
        };
    }
}
