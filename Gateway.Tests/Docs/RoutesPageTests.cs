using System.Globalization;
using System.Text.RegularExpressions;

using Gateway.HttpApi.OpenApi;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Docs;

/// <summary>The page of routes against the routes themselves: all are in it, none is invented, and fixed answers are as it says.</summary>
public sealed partial class RoutesPageTests : IAsyncLifetime, IDisposable
{
    private const string Unserved = "absent";
    private const string Fixed = "fixed";

    private readonly TempStore _store = TempStore.Empty();
    private readonly IReadOnlyList<PageRow> _rows = ReadRows();
    private GatewayHost? _host;

    public async Task InitializeAsync() => _host =
        await GatewayHost.StartAsync(_store, "HttpApi:RateLimit=false", "Agent=none", "Telemetry:Prometheus=true");

    public Task DisposeAsync() => _host!.DisposeAsync().AsTask();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void Routes_ThatAreMapped_AreAllInThePage()
    {
        var mapped =
            from endpoint in _host!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
            let path = $"/{CatchAll().Replace(endpoint.RoutePattern.RawText ?? "", "{$1}").TrimStart('/')}"
            where !path.StartsWith(ApiDocument.PagePath, StringComparison.Ordinal)
            select $"{method} {path}";

        _rows.Where(static row => row.Kind != Unserved && row.Path != ApiDocument.PagePath).Select(static row => row.Route)
            .Should().BeEquivalentTo(mapped);
    }

    [Fact]
    public void Rows_AreOfTheKindsThatThePageNames()
    {
        _rows.Select(static row => row.Kind).Distinct().Should()
            .BeSubsetOf(["served", "served, V1", Fixed, Unserved, "older UI", "own"]);
        _rows.Select(static row => row.Route).Should().OnlyHaveUniqueItems();
        _rows.Where(static row => row.Kind is Fixed or Unserved).Should().OnlyContain(static row => row.Status > 0 && row.Body.Length > 0);
    }

    [Fact]
    public async Task Routes_WithAFixedAnswer_GiveIt()
    {
        using var rest = new RestClient(_host!.Address);
        await rest.PostAsync("/api/settings", """{"llm_model":"a-model","llm_api_key":"a-key"}""");
        var id = (string)Newtonsoft.Json.Linq.JObject.Parse((await rest.PostAsync("/api/conversations", "{}")).Body)["conversation_id"]!;

        foreach (var row in _rows.Where(static row => row.Kind is Fixed or Unserved))
        {
            var path = row.Path.Replace("{id}", id, StringComparison.Ordinal).Replace("{path}", "a", StringComparison.Ordinal);
            var query = row.Path.EndsWith("remember-prompt", StringComparison.Ordinal) ? "?event_id=0" : "";
            var answer = await rest.SendAsync(row.Method, path + query, row.Method == "GET" ? null : """{"polarity":"positive"}""");

            answer.Body.Should().Be(row.Body, row.Route);
            ((int)answer.Status).Should().Be(row.Status, row.Route);
        }

        // One that fails says so in the log, as it is meant to.
        _host.Log.Expect("remember-prompt");
    }

    private static List<PageRow> ReadRows() =>
    [
        .. File.ReadLines(Repository.PathOf("Gateway", "docs", "routes.md"))
            .Select(static line => Row().Match(line))
            .Where(static match => match.Success)
            .Select(static match => new PageRow(
                match.Groups["method"].Value,
                match.Groups["path"].Value,
                match.Groups["kind"].Value.Trim(),
                match.Groups["status"].Success ? int.Parse(match.Groups["status"].Value, CultureInfo.InvariantCulture) : 0,
                match.Groups["body"].Value)),
    ];

    /// <param name="Status">0 where the row names none.</param>
    private sealed record PageRow(string Method, string Path, string Kind, int Status, string Body)
    {
        public string Route => $"{Method} {Path}";
    }

    [GeneratedRegex(@"^\| `(?<method>[A-Z]+) (?<path>/[^`]*)` \|(?<kind>[^|]*)\|( (?<status>\d{3})( `(?<body>[^`]*)`)?)?")]
    private static partial Regex Row();

    [GeneratedRegex(@"\{\**(\w+)[^}]*\}")]
    private static partial Regex CatchAll();
}
