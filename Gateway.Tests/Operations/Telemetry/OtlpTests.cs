using System.Text;

using Gateway.Hosting;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.V1;

using Microsoft.Extensions.Options;

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

        // Each with the span above it.
        (string Name, string Parent)[] steps =
        [
            ("gateway.access", "gateway.connect"), ("gateway.open", "gateway.connect"), ("gateway.replay", "gateway.connect"),
            ("gateway.v1.call", "gateway.open"), ("gateway.append", "gateway.action"), ("gateway.deliver", "gateway.append"),
            ("gateway.v1.action", "gateway.append"), ("gateway.v1.call", "gateway.v1.action"),
        ];
        string[] metrics =
        [
            "gateway.engine.sessions.active", "gateway.engine.io.received", "gateway.socketio.connects",
            "gateway.conversation.append.duration", "gateway.conversation.connect.duration", "gateway.conversation.cursor.max_lag",
            "gateway.store.available", "gateway.v1.call.duration", "http.server.request.duration", "dotnet.process.memory.working_set",
        ];
        using (var client = await RawEngineClient.OpenAsync(
            gateway.Address.Port, "/socket.io/", $"&conversation_id={V1Stage.Id}&session_api_key={Key}",
            headers: $"traceparent: 00-{TraceId}-{CallerSpan}-01"))
        {
            await client.SendTextAsync("40");
            await client.ReadThroughAsync("40");
            await client.SendTextAsync("""42["oh_user_action",{"action":"run","args":{"command":"true"}}]""");
            await collector.UntilAsync(collected => !steps.Except(StepsOf(collected)).Any());
            await collector.UntilAsync(collected => !metrics.Except(collected.Metrics.Select(static metric => metric.Name)).Any());
        }

        collector.Spans.Where(static span => span.TraceId == TraceId && span.Name is "gateway.connect" or "gateway.action")
            .Should().HaveCount(2).And.OnlyContain(static span => span.Parent == CallerSpan);
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
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL.")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "json", "OTEL_EXPORTER_OTLP_PROTOCOL is one of grpc, http/protobuf.")]
    public void Build_WithWhatTheExporterCannotUse_FailsWithALine(string name, string value, string line)
    {
        using var store = TempStore.Empty();

        FluentActions.Invoking(() => GatewayApp.Build([$"--FILE_STORE_PATH={store.Root}", $"--{name}={value}"]))
            .Should().Throw<OptionsValidationException>().Which.Failures.Should().Equal(line);
    }

    /// <summary>The spans of the caller's trace, each with the one above it, as far as both have come.</summary>
    private static IEnumerable<(string Name, string Parent)> StepsOf(OtlpCollector collector) =>
        from child in collector.Spans
        join parent in collector.Spans on child.Parent equals parent.Id
        where child.TraceId == TraceId && parent.TraceId == TraceId
        select (child.Name, parent.Name);
}
