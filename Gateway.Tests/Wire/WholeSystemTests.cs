using System.Globalization;
using System.Net;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using SocketIOClient.Transport;

using Xunit.Abstractions;

namespace Gateway.Tests.Wire;

/// <summary>
/// All that an operator puts together, at once: nginx with the repository's file, two gateways on a PostgreSQL database, an access server
/// that lets in and refuses, and a collector of telemetry. Clients read and write while both gateways are restarted, one after the other.
/// With <c>GATEWAY_LONG_TESTS=1</c> they are 1,000.
/// </summary>
public sealed class WholeSystemTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string User = "ann";

    private static readonly int s_clients = LongTests.Scale(100, 1_000);
    private static readonly int s_conversations = LongTests.Scale(5, 50);
    private static readonly TimeSpan s_spread = LongTests.Scale(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));

    // They show what did not happen here: malformed packets, and an agent-server.
    private static readonly string[] s_quietPanels =
        ["Malformed packets and dropped messages", "Calls", "Duration of calls, p95", "What went on", "Threads that wait for files"];

    private NodesStage _stage = null!; // Set before each test.
    private StandInAccessServer _access = null!; // Set before each test.
    private OtlpCollector _collector = null!; // Set before each test.

    public async Task InitializeAsync()
    {
        _stage = await NodesStage.CreateAsync();
        _access = await StandInAccessServer.StartAsync();
        _collector = await OtlpCollector.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _collector.DisposeAsync();
        await _access.DisposeAsync();
        await _stage.DisposeAsync();
    }

    [Fact]
    public async Task RestartOfBoth_UnderClients_LosesNoEventAndIsSeenByOperators()
    {
        var addresses = Enumerable.Range(0, 2).Select(static _ => new Uri($"http://127.0.0.1:{NginxProxy.FreePort()}")).ToArray();
        var gateways = await Task.WhenAll(addresses.Select(StartAsync));
        await using var nginx = await NginxProxy.StartSeveralAsync(addresses);
        try
        {
            await AccessIsDecidedAsync(nginx.Address);
            await using var clients = await ManyClients.ConnectAsync(
                nginx.Address, s_clients, s_conversations,
                new JObject { ["extraHeaders"] = new JObject { ["Cookie"] = $"login={User}" } });
            for (var n = 0; n < gateways.Length; n++)
            {
                await StopAsync(gateways[n]);
                gateways[n] = await StartAsync(addresses[n]);
            }

            var report = await clients.EndAsync();

            await ReportAsync(report);
            report.Value<int>("missing").Should().Be(0, "each client has all events of its conversation in the end");
            report.Value<int>("faults").Should().Be(0, "each client has seen each event once, in order");
            report.Value<int>("reconnects").Should().BeGreaterThanOrEqualTo(s_clients, "each client was let go");
            await AcknowledgedIsServedOnceAsync(nginx.Address, report);
            await _collector.UntilAsync(static collector => UnansweredPanels(collector).Count == 0);
            _collector.Services.Distinct().Should().Equal("gateway");
            await Task.WhenAll(gateways.Select(StopAsync));
        }
        finally
        {
            UnansweredPanels(_collector).ForEach(output.WriteLine);
            foreach (var gateway in gateways)
            {
                await gateway.DisposeAsync();
            }
        }
    }

    /// <summary>The panels none of whose questions the collected metrics can answer.</summary>
    private static List<string> UnansweredPanels(OtlpCollector collector)
    {
        var collected = collector.Metrics.Select(static metric => metric.Name.Replace('.', '_')).ToHashSet();
        return
        [
            .. MonitoringExpressions.Panels()
                .Where(panel => !s_quietPanels.Contains(panel.Title) && !panel.Expressions.Any(expression => MonitoringExpressions
                    .MetricsOf(expression).Select(MonitoringExpressions.WithoutSuffixes).All(collected.Contains)))
                .Select(static panel => panel.Title),
        ];
    }

    private static async Task StopAsync(GatewayProcess gateway)
    {
        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);
        (await gateway.OutputAsync())
            .Where(static line => line.Contains(" WARN ", StringComparison.Ordinal) || line.Contains(" ERROR ", StringComparison.Ordinal))
            .Should().BeEmpty();
        await gateway.DisposeAsync();
    }

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(Uri address, string path, string? user)
    {
        using var handler = new HttpClientHandler { UseCookies = false };
        using var http = new HttpClient(handler) { BaseAddress = address, Timeout = TestLimits.Step };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (user is not null)
        {
            request.Headers.Add("Cookie", $"login={user}");
        }

        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task<GatewayProcess> StartAsync(Uri address) => _stage.StartPassingOnProcessAsync(address, new()
    {
        ["Agent"] = "none",
        ["Storage__Postgres__LeaseTime"] = "00:00:15",
        ["Engine__StopSpread"] = s_spread.ToString("c", CultureInfo.InvariantCulture),
        ["PERMITTED_CORS_ORIGINS"] = "http://localhost",
        ["HttpApi__RateLimit"] = "false",
        ["Conversations__MaxClientsPerUser"] = "5000",
        ["Access__Mode"] = "Forward",
        ["Access__Forward__Address"] = _access.Url,
        ["Access__Forward__CacheTime"] = "00:00:01",
        ["Access__RecheckInterval"] = "00:00:05",
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
    });

    /// <summary>Whom the access server refuses is told its words, through nginx, at every door.</summary>
    private async Task AccessIsDecidedAsync(Uri address)
    {
        await using var eve = new CSharpClient(TransportProtocol.WebSocket);
        await eve.ConnectAsync(new Visit(address, "c0") { Cookie = "login=eve" });
        (await eve.ReadAsync("refused"))["refused"].Value<string>().Should().Be("Not for you, eve");
        (await GetAsync(address, "/api/conversations", user: null)).Should()
            .Be((HttpStatusCode.Unauthorized, """{"detail":"Sign in first"}"""));
        (await GetAsync(address, "/api/conversations", "eve")).Status.Should().Be(HttpStatusCode.Forbidden);
        (await GetAsync(address, "/api/conversations", User)).Status.Should().Be(HttpStatusCode.OK);
        _access.Questions.Should().Contain(static asked => asked["X-Conversation-Id"] == "c0" && asked["X-Original-URI"] == "/socket.io/");
    }

    /// <summary>What a client was told is stored is in the user's store once, by REST; and nothing of it is another user's.</summary>
    private static async Task AcknowledgedIsServedOnceAsync(Uri address, JObject report)
    {
        var acknowledged = report["acknowledged"]!.Values<string>().ToList();
        acknowledged.Should().HaveCountGreaterThan(s_conversations);
        var stored = new List<string?>();
        foreach (var (conversation, head) in (JObject)report["heads"]!)
        {
            var ids = 0;
            for (var hasMore = true; hasMore;)
            {
                var (status, body) = await GetAsync(address, $"/api/conversations/{conversation}/events?start_id={ids}&limit=100", User);
                status.Should().Be(HttpStatusCode.OK, body);
                var page = JObject.Parse(body);
                stored.AddRange(page["events"]!.Select(static e => (string?)e["args"]?["content"]).Where(static text => text is not null));
                ids += page["events"]!.Count();
                hasMore = page.Value<bool>("has_more");
            }

            ids.Should().Be(head!.Value<int>() + 1, "clients have the whole log");
        }

        stored.Should().OnlyHaveUniqueItems().And.Contain(acknowledged);
        (await GetAsync(address, "/api/conversations", "bob")).Body.Should().NotContain("\"c0\"");
    }

    private async Task ReportAsync(JObject report)
    {
        var copy = (JObject)report.DeepClone();
        copy["acknowledged"] = (report["acknowledged"] as JArray)?.Count;
        copy.Remove("heads");
        output.WriteLine(copy.ToString(Formatting.None));
        if (LongTests.AreAsked)
        {
            await Console.Out.WriteLineAsync(copy.ToString(Formatting.None));
        }
    }
}
