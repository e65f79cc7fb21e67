using System.Globalization;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using Xunit.Abstractions;

namespace Gateway.Tests.Wire;

/// <summary>
/// Three gateways behind nginx are restarted one after the other while their clients, socket.io-clients of every transport, read and write:
/// none misses an event, and each is back within 5 s. With <c>GATEWAY_LONG_TESTS=1</c> they are 1,000.
/// </summary>
public sealed class RollingRestartTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly int s_clients = LongTests.Scale(30, 1_000);
    private static readonly int s_conversations = LongTests.Scale(3, 50);
    private static readonly TimeSpan s_spread = LongTests.Scale(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(5);

    private NodesStage _stage = null!; // Set before each test.

    public async Task InitializeAsync() => _stage = await NodesStage.CreateAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task Restart_OfAllOneAfterTheOther_LosesNothingAndLetsNobodyWait()
    {
        var addresses = Enumerable.Range(0, 3).Select(static _ => new Uri($"http://127.0.0.1:{NginxProxy.FreePort()}")).ToArray();
        var gateways = await Task.WhenAll(addresses.Select(StartAsync));
        try
        {
            var report = await RunAsync(addresses, gateways);

            await ReportAsync(report);
            report.Value<int>("missing").Should().Be(0, "each client has all events of its conversation in the end");
            report.Value<int>("faults").Should().Be(0, "each client has seen each event once, in order");
            report.Value<int>("reconnects").Should().BeGreaterThanOrEqualTo(s_clients, "each client was let go");
            report["failures"].Should().BeEmpty("each comes back at its first attempt");
            if (LongTests.AreAsked)
            {
                // Run alone, by who asks for it; among other tests it would measure them.
                report.Value<double>("longestWait").Should().BeLessThan(s_longestWait.TotalMilliseconds);
            }

            await AcknowledgedIsStoredOnceAsync(report);
        }
        finally
        {
            foreach (var gateway in gateways)
            {
                await gateway.DisposeAsync();
            }
        }
    }

    /// <summary>What the clients say in the end.</summary>
    private async Task<JObject> RunAsync(Uri[] addresses, GatewayProcess[] gateways)
    {
        await using var nginx = await NginxProxy.StartSeveralAsync(addresses);
        await using var clients = await ManyClients.ConnectAsync(nginx.Address, s_clients, s_conversations);

        for (var n = 0; n < gateways.Length; n++)
        {
            await StopAsync(gateways[n]);
            gateways[n] = await StartAsync(addresses[n]);
        }

        var report = await clients.EndAsync();
        await Task.WhenAll(gateways.Select(StopAsync));
        return report;
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

    private Task<GatewayProcess> StartAsync(Uri address) => _stage.StartPassingOnProcessAsync(address, new()
    {
        ["Agent"] = "none",
        ["Storage__Postgres__LeaseTime"] = "00:00:15",
        ["Engine__StopSpread"] = s_spread.ToString("c", CultureInfo.InvariantCulture),
        ["PERMITTED_CORS_ORIGINS"] = "http://localhost",
    });

    private async Task AcknowledgedIsStoredOnceAsync(JObject report)
    {
        var acknowledged = report["acknowledged"]?.Values<string>().ToList() ?? [];
        acknowledged.Should().HaveCountGreaterThan(s_conversations);
        var stored = new List<string?>();
        foreach (var (conversation, head) in (JObject)report["heads"]!)
        {
            var log = await _stage.LogAsync(conversation);
            log.Select(static e => WireClientReading.IdOf(e)).Should().Equal(Enumerable.Range(0, log.Count).Select(static id => (int?)id));
            head!.Value<int>().Should().Be(log.Count - 1, "clients have the whole log");
            stored.AddRange(log.Select(static e => (string?)e["args"]?["content"]));
        }

        stored.Should().OnlyHaveUniqueItems().And.Contain(acknowledged);
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
