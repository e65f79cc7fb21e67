using System.Text;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.V1;

namespace Gateway.Tests.Operations.Telemetry;

/// <summary>What a running program sends to a collector.</summary>
public sealed class OtlpTests
{
    private const string Key = "secret-key-4711";
    private const string V1Key = "v1-secret-0815";
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";

    [Fact]
    public async Task Export_AConnectAndAnAction_TellsOfAllStepsInTheCallersTraceAndHoldsNoSecret()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var server = new StandInV1Server([], V1Stage.Id) { Key = V1Key };
        server.Agent = new StandInV1Agent(server);
        await server.StartAsync();
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(new()
        {
            ["FILE_STORE_PATH"] = store.Root,
            ["SESSION_API_KEY"] = Key,
            ["Agent"] = "v1",
            ["V1__BaseUrl"] = server.BaseUrl,
            ["V1__SessionApiKey"] = V1Key,
            // The newest of V1's ways to show a key that puts it into an address.
            ["V1__Auth"] = "Query",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "100",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            // Whoever wants to see queries does not get to see keys.
            ["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true",
            ["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "true",
        });
        using var http = new HttpClient { BaseAddress = gateway.Address, Timeout = TestLimits.Step };
        await http.GetAsync($"/api/options/config?session_api_key={Key}");

        string[] spans =
        [
            "gateway.connect", "gateway.access", "gateway.open", "gateway.replay", "gateway.action", "gateway.append", "gateway.deliver",
            "gateway.v1.action", "gateway.v1.call",
        ];
        string[] metrics =
        [
            "gateway.engine.sessions.active", "gateway.engine.io.received", "gateway.socketio.connects",
            "gateway.conversation.append.duration", "gateway.conversation.connect.duration", "gateway.conversation.cursor.max_lag",
            "gateway.store.available",
            "gateway.v1.call.duration", "http.server.request.duration", "dotnet.gc.collections",
        ];
        using (var client = await RawEngineClient.OpenAsync(
            gateway.Address.Port, "/socket.io/", $"&conversation_id={V1Stage.Id}&session_api_key={Key}",
            headers: $"traceparent: 00-{TraceId}-{CallerSpan}-01"))
        {
            await client.SendTextAsync("40");
            await client.ReadThroughAsync("40");
            await client.SendTextAsync("""42["oh_user_action",{"action":"message","args":{"content":"Hello"}}]""");
            await client.SendTextAsync("""42["oh_user_action",{"action":"change_agent_state","args":{"agent_state":"stopped"}}]""");
            await collector.UntilAsync(collected => spans.All(name => InTrace(collected).Any(span => span.Name == name)));
            await collector.UntilAsync(collected => !metrics.Except(collected.Metrics.Select(static metric => metric.Name)).Any());
        }

        var ofTrace = InTrace(collector).ToList();
        ofTrace.Where(static span => span.Name is "gateway.connect" or "gateway.action")
            .Should().OnlyContain(static span => span.Parent == CallerSpan);
        ParentsOf("gateway.replay").Should().Equal("gateway.connect");
        ParentsOf("gateway.append").Should().Contain("gateway.action");
        ParentsOf("gateway.deliver").Should().OnlyContain(static name => name == "gateway.append");
        ParentsOf("gateway.v1.call").Should().Contain("gateway.v1.action");
        server.Traces.Should().Contain(static trace => trace.Contains(TraceId), "V1 gets the trace");
        collector.Spans.Should().Contain(static span => span.Source.StartsWith("Microsoft.AspNetCore"))
            .And.Contain(static span => span.Source.StartsWith("System.Net.Http"));
        collector.Metrics.Where(static metric => metric.Name.StartsWith("gateway."))
            .Should().OnlyContain(static metric => metric.Unit.Length > 0);
        collector.Services.Should().OnlyContain(static name => name == "gateway");

        foreach (var text in collector.Bodies.Select(Encoding.Latin1.GetString))
        {
            text.Should().NotContain(Key).And.NotContain(V1Key).And.NotContain("session_api_key");
        }

        IEnumerable<string> ParentsOf(string name) =>
            from child in ofTrace
            where child.Name == name
            select ofTrace.First(span => span.Id == child.Parent).Name;
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL.")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "json", "OTEL_EXPORTER_OTLP_PROTOCOL is one of grpc, http/protobuf.")]
    public async Task Start_WithWhatTheExporterCannotUse_EndsWithALine(string name, string value, string line)
    {
        using var store = TempStore.Empty();
        await using var gateway = GatewayProcess.Start(new() { ["FILE_STORE_PATH"] = store.Root, [name] = value });

        (await gateway.ExitAsync()).Should().Be(2);
        gateway.Errors.Trim().Should().Be($"gateway: {line}");
    }

    private static IEnumerable<CollectedSpan> InTrace(OtlpCollector collector) =>
        collector.Spans.Where(static span => span.TraceId == TraceId);
}
