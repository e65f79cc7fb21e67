using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Template;

namespace Gateway.Agents.V1.Proxy;

/// <summary>
/// Whether one of the gateway's own routes is for a request: asked of the routes as they are mapped, so that a new one is V0's without a
/// word here. Reads them with the first question, when all are mapped. Any thread.
/// </summary>
internal sealed class KnownV0Routes
{
    private readonly Lazy<Route[]> _routes;

    public KnownV0Routes(EndpointDataSource endpoints) => _routes = new Lazy<Route[]>(() => Read(endpoints));

    /// <param name="method">HEAD is GET, as for every route of the gateway's.</param>
    public bool Knows(string method, PathString path)
    {
        method = HttpMethods.IsHead(method) ? HttpMethods.Get : method;
        return _routes.Value.Any(route => route.Methods.Contains(method, StringComparer.OrdinalIgnoreCase)
            && route.Matcher.TryMatch(path, []));
    }

    private static Route[] Read(EndpointDataSource endpoints) =>
    [
        .. from endpoint in endpoints.Endpoints.OfType<RouteEndpoint>()
           let methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods
           where methods is { Count: > 0 }
           select new Route(methods, new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), [])),
    ];

    private readonly record struct Route(IReadOnlyList<string> Methods, TemplateMatcher Matcher);
}
