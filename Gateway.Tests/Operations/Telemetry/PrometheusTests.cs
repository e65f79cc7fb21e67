using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;

using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Operations.Telemetry;

/// <summary>What Prometheus reads of a running program, and what a listener that comes late hears.</summary>
public sealed class PrometheusTests
{
    [Fact]
    public async Task Metrics_OfClientsOnBothTransports_AreTheSameForPrometheusAndForALateListener()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Telemetry:Prometheus=true", "Agent=echo", "HttpApi:RateLimit=false");
        await RawEngineClient.OpenPollingAsync(host.Address.Port, "/socket.io/", "&conversation_id=c1");
        using var first = await ConnectAsync(host, "c1");
        using var second = await ConnectAsync(host, "c1");
        (await RawEngineClient.SendAsync(host.Address.Port, "GET", "/socket.io/?EIO=3&transport=polling")).Status.Should().Be(400);

        var scrape = await ScrapeAsync(host);
        var late = Current(host);

        scrape["""gateway_engine_sessions_active{transport="polling"}"""].Should().Be(1);
        scrape["""gateway_engine_sessions_active{transport="websocket"}"""].Should().Be(2);
        scrape["gateway_socketio_sockets_active"].Should().Be(2);
        scrape["gateway_conversation_clients_active"].Should().Be(2);
        scrape["gateway_conversation_sessions_active"].Should().Be(1);
        scrape["gateway_store_available"].Should().Be(1);
        scrape["""gateway_engine_requests_refused_total{reason="unsupported_protocol"}"""].Should().Be(1);
        scrape["""gateway_conversation_connect_duration_seconds_count{outcome="accepted"}"""].Should().Be(2);
        scrape.Keys.Should().Contain(static name => name.StartsWith("dotnet_"))
            .And.Contain(static name => name.StartsWith("http_server_request_duration_seconds"));

        late["gateway.engine.sessions.active polling"].Should().Be(1);
        late["gateway.engine.sessions.active websocket"].Should().Be(2);
        late["gateway.socketio.sockets.active"].Should().Be(2);
        late["gateway.conversation.clients.active"].Should().Be(2);
        late["gateway.conversation.sessions.active"].Should().Be(1);
    }

    [Fact]
    public async Task Metrics_OfAnotherHostInTheProcess_AreNotInThePage()
    {
        using var store = TempStore.Empty();
        using var otherStore = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Telemetry:Prometheus=true", "HttpApi:RateLimit=false");
        await using var other = await GatewayHost.StartAsync(otherStore, "HttpApi:RateLimit=false");
        using var client = await ConnectAsync(other, "c1");

        var scrape = await ScrapeAsync(host);

        scrape["gateway_socketio_sockets_active"].Should().Be(0);
        scrape.Keys.Should().NotContain(static name => name.StartsWith("gateway_socketio_connects"));
    }

    [Fact]
    public async Task Metrics_NotSwitchedOn_AreNoPage()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "HttpApi:RateLimit=false");

        using var http = new HttpClient { BaseAddress = host.Address, Timeout = TestLimits.Step };
        (await http.GetAsync("/metrics")).StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    private static async Task<RawEngineClient> ConnectAsync(GatewayHost host, string conversation)
    {
        var client = await RawEngineClient.OpenAsync(host.Address.Port, "/socket.io/", $"&conversation_id={conversation}");
        await client.SendTextAsync("40");
        await client.ReadThroughAsync("40");

        // Its room has it when what it asks for is done: by then it has joined.
        await client.SendTextAsync("""420["oh_user_action",{"action":"message","args":{"content":"Hello"}}]""");
        await client.ReadThroughAsync("430");
        return client;
    }

    private static async Task<Dictionary<string, double>> ScrapeAsync(GatewayHost host)
    {
        using var http = new HttpClient { BaseAddress = host.Address, Timeout = TestLimits.Step };
        return PrometheusPage.Read(await http.GetStringAsync("/metrics"));
    }

    /// <summary>As a monitor that attaches to the process reads what there is now.</summary>
    private static ConcurrentDictionary<string, double> Current(GatewayHost host)
    {
        var values = new ConcurrentDictionary<string, double>();
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { IsObservable: true, Meter: { } meter } && meter.Scope == meters)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => values[Name(instrument, tags)] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => values[Name(instrument, tags)] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }

    private static string Name(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        foreach (var tag in tags)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{name} {tag.Value}");
        }

        return name;
    }
}
