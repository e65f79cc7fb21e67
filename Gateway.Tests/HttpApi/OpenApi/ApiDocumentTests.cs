using System.Net;
using System.Text.RegularExpressions;

using Gateway.HttpApi.OpenApi;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.OpenApi;

/// <summary>The document of all routes, and the page that shows it, over a real server that asks for a key.</summary>
public sealed partial class ApiDocumentTests : RestTest
{
    [Fact]
    public async Task OpenApi_OfEveryMappedRoute_SaysWhatItIs()
    {
        var mapped = RoutesOf(Host).Where(static route => !IsOfTheDocument(route.Path)).ToList();

        var document = await ReadAsync();

        var operations = OperationsOf(document).ToDictionary(static operation => $"{operation.Method} {operation.Path}");
        mapped.Should().NotBeEmpty();
        operations.Keys.Should().BeEquivalentTo(mapped.Select(static route => $"{route.Method} {route.Path}"));
        foreach (var (name, operation) in operations)
        {
            ((string?)operation.Json["summary"]).Should().NotBeNullOrEmpty(name);
            operation.Json["tags"].Should().BeOfType<JArray>(name).Which.Should().ContainSingle(name);
            operation.Json["responses"]!.Children().Should().HaveCountGreaterThan(1, "{0} is described", name);
            PathParameter().Matches(operation.Path).Select(static match => match.Groups[1].Value)
                .Should().BeEquivalentTo(
                    operation.Json["parameters"]?.Where(static one => (string?)one["in"] == "path")
                        .Select(static one => (string)one["name"]!) ?? [],
                    name);
        }

        operations.Values.Select(static operation => (string?)operation.Json["operationId"]).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Descriptions_AreAllOfRoutes()
    {
        var names = RoutesOf(Host).Select(static route => route.Name).ToHashSet();

        DescribeRoutes.Routes.Keys.Should().BeSubsetOf(names, "what describes no route is left over");
    }

    [Fact]
    public async Task OpenApi_OfRoutesBehindTheKey_SaysSo()
    {
        var operations = OperationsOf(await ReadAsync()).ToList();

        operations.Where(static operation => operation.Json["security"] is JArray { Count: > 0 }).Select(static operation => operation.Path)
            .Should().BeEquivalentTo(operations.Select(static operation => operation.Path)
                .Where(static path => path.StartsWith("/api/", StringComparison.Ordinal)));
        operations.Where(static operation => operation.Path.StartsWith("/api/", StringComparison.Ordinal))
            .Should().OnlyContain(static operation => operation.Json["responses"]!["401"] != null);
    }

    [Fact]
    public async Task OpenApi_Settings_NameWhatTheRouteAnswers()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "HttpApi:RateLimit=false");
        using var rest = new RestClient(host.Address);
        await rest.PostAsync("/api/settings", "{}");

        var settings = JObject.Parse((await rest.GetAsync("/api/settings")).Body);
        var document = JObject.Parse((await rest.GetAsync(ApiDocument.Path)).Body);

        var described = document["paths"]!["/api/settings"]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!;
        ((JObject)described["properties"]!).Properties().Select(static property => property.Name)
            .Should().Equal(settings.Properties().Select(static property => property.Name));
    }

    [Fact]
    public async Task Docs_IsAPageWithItsOwnScript()
    {
        var page = await Rest.GetAsync(ApiDocument.PagePath);

        page.Status.Should().Be(HttpStatusCode.OK);
        page.ContentType.Should().StartWith("text/html");
        var scripts = ScriptSource().Matches(page.Body).Select(static match => match.Groups[1].Value).ToList();
        scripts.Should().NotBeEmpty();
        foreach (var script in scripts)
        {
            script.Should().NotContain("://", "no other host is asked");
            var answer = await Rest.GetAsync(new Uri(new Uri(Host.Address, "/docs/"), script).PathAndQuery);
            answer.Status.Should().Be(HttpStatusCode.OK);
            answer.ContentType.Should().Contain("javascript");
        }
    }

    private async Task<JObject> ReadAsync()
    {
        var answer = await Rest.GetAsync(ApiDocument.Path);
        answer.Status.Should().Be(HttpStatusCode.OK);
        answer.ContentType.Should().Be("application/json");
        return JObject.Parse(answer.Body);
    }

    private static IEnumerable<(string Method, string Path, JObject Json)> OperationsOf(JObject document) =>
        from path in ((JObject)document["paths"]!).Properties()
        from operation in ((JObject)path.Value).Properties()
        select (operation.Name.ToUpperInvariant(), path.Name, (JObject)operation.Value);

    private static IEnumerable<(string Method, string Path, string? Name)> RoutesOf(GatewayHost host) =>
        from endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
        select (
            method,
            $"/{RouteParameter().Replace(endpoint.RoutePattern.RawText ?? "", "{$1}").TrimStart('/')}",
            endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName);

    private static bool IsOfTheDocument(string path) =>
        path == ApiDocument.Path || path.StartsWith(ApiDocument.PagePath, StringComparison.Ordinal);

    [GeneratedRegex(@"\{\**(\w+)[^}]*\}")]
    private static partial Regex RouteParameter();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex PathParameter();

    [GeneratedRegex("""<script[^>]*\bsrc="([^"]+)""")]
    private static partial Regex ScriptSource();

    private protected override Task<string[]> PrepareAsync() => Task.FromResult<string[]>(["SESSION_API_KEY=a-key"]);
}
