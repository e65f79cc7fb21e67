using System.Text.RegularExpressions;

using Gateway.Agents.V1.Proxy;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Docs;

/// <summary>
/// The table of paths that both servers know, against the routes of both: complete, none invented, and as the gateway chooses.
/// </summary>
public sealed partial class ProxyTableTests
{
    [Fact]
    public async Task Table_OfPathsThatBothKnow_IsWhatTheRoutesSay()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Agent=none");
        var v0 = new KnownV0Routes(host.Services.GetRequiredService<EndpointDataSource>());
        var routes = new ProxyRoutes(v0);
        var both = RoutesOfV1().Where(route => v0.Knows(route.Method, route.Path)).ToList();

        ReadRows().Should().BeEquivalentTo(both.Select(route =>
            ($"{route.Method} {route.Path}", routes.Choose(Request(route.Method, route.Path)).Version?.ToString())));
        both.Should().OnlyContain(route => routes.Choose(Request(route.Method, route.Path, "v1")).Version == ApiVersion.V1)
            .And.OnlyContain(route => routes.Choose(Request(route.Method, route.Path, "v0")).Version == ApiVersion.V0);
    }

    [Fact]
    public async Task RoutesOfV1_WithoutOneOfV0s_AreV1s()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Agent=none");
        var v0 = new KnownV0Routes(host.Services.GetRequiredService<EndpointDataSource>());
        var routes = new ProxyRoutes(v0);

        // The root is the web UI's, which is no route.
        RoutesOfV1().Where(route => !v0.Knows(route.Method, route.Path) && route.Path != "/")
            .Should().OnlyContain(route => routes.Choose(Request(route.Method, route.Path)).Version == ApiVersion.V1);
    }

    private static HttpRequest Request(string method, string path, string? asked = null)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        request.Path = path;
        if (asked is not null)
        {
            request.Headers[ProxyRoutes.Header] = asked;
        }

        return request;
    }

    private static List<(string Method, string Path)> RoutesOfV1() =>
    [
        .. File.ReadLines(Repository.PathOf("protocol-fixtures", "v1-routes.txt"))
            .Where(static line => !line.StartsWith('#'))
            .Select(static line => line.Split(' '))
            .Select(static words => (words[0], words[1])),
    ];

    private static List<(string Route, string? Version)> ReadRows() =>
    [
        .. File.ReadLines(Repository.PathOf("Gateway", "docs", "v1.md"))
            .Select(static line => Row().Match(line))
            .Where(static match => match.Success)
            .Select(static match => (match.Groups["route"].Value, (string?)match.Groups["version"].Value)),
    ];

    [GeneratedRegex(@"^\| `(?<route>[A-Z]+ /[^`]*)` \| (?<version>V[01]) \|")]
    private static partial Regex Row();
}
