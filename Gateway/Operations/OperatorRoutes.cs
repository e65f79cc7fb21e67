using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.Operations;

/// <summary>
/// Asks <see cref="OperatorAccess"/> before a route does anything else: before its parameters are bound and its body is read. Stateless.
/// </summary>
internal static class OperatorRoutes
{
    /// <summary>
    /// The route is for operators. Where there is none for anybody it answers 404, as a path that no route has; without the key 401.
    /// </summary>
    /// <param name="builder">A route, or a group of routes.</param>
    /// <param name="signInPath">Where a browser that asks for a page without the key is sent instead of a 401; null for none.</param>
    public static TBuilder RequireOperator<TBuilder>(this TBuilder builder, string? signInPath = null)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Finally(endpoint =>
        {
            var serve = endpoint.RequestDelegate ?? throw new InvalidOperationException("A route without a handler.");
            endpoint.RequestDelegate = context => ServeAsync(context, serve, signInPath);
        });
        return builder;
    }

    private static Task ServeAsync(HttpContext context, RequestDelegate serve, string? signInPath)
    {
        switch (context.RequestServices.GetRequiredService<OperatorAccess>().Decide(context))
        {
            case OperatorDecision.Allowed:
                return serve(context);
            case OperatorDecision.Absent:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            default:
                return RefuseAsync(context, signInPath);
        }
    }

    private static Task RefuseAsync(HttpContext context, string? signInPath)
    {
        var isPage = HttpMethods.IsGet(context.Request.Method)
            && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        if (signInPath is not null && isPage)
        {
            context.Response.Redirect(context.Request.PathBase + signInPath);
            return Task.CompletedTask;
        }

        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return Results.Json(new { detail = "Unauthorized" }, statusCode: StatusCodes.Status401Unauthorized).ExecuteAsync(context);
    }
}
