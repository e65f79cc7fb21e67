using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway load</c> as its user meets it: lines, JSON, exit codes.</summary>
public sealed class LoadCommandTests
{
    private const string Key = "the-key-of-this-server";

    [Theory]
    [InlineData("--url is no http, https, ws or wss URL", "--url", "nowhere", "--scenario", "idle")]
    [InlineData("--scenario is one of idle, connect", "--url", "http://127.0.0.1:1", "--scenario", "storm")]
    [InlineData("--clients is 0; it is to be from 1 to 100000", "--url", "http://127.0.0.1:1", "--scenario", "idle", "--clients", "0")]
    [InlineData("add --i-may-load-this-server", "--url", "http://192.0.2.1", "--scenario", "idle")]
    [InlineData("there is no process", "--url", "http://127.0.0.1:1", "--scenario", "idle", "--pid", "999999999")]
    [InlineData("--rate is for fanout, rooms and mixed", "--url", "http://127.0.0.1:1", "--scenario", "action", "--rate", "5")]
    [InlineData("--duration is 0; it is to be from 0.1 to 86400", "--url", "http://127.0.0.1:1", "--scenario", "idle", "--duration", "0")]
    [InlineData("--rooms is 3; it is to be from 1 to 2", "--url", "http://127.0.0.1:1", "--scenario", "rooms", "--clients", "2", "--rooms", "3")]
    [InlineData("--json cannot be written", "--url", "http://127.0.0.1:1", "--scenario", "idle", "--json", "/nowhere/report.json")]
    [InlineData("did you mean --clients?", "--url", "http://127.0.0.1:1", "--scenario", "idle", "--client", "1")]
    public async Task Load_BadInput_IsOneLineAndExitCode2(string reason, params string[] arguments)
    {
        await using var command = GatewayProcess.Start([], ["load", .. arguments]);

        (await command.ExitAsync()).Should().Be(2);

        command.Errors.Trim().Should().Contain(reason).And.NotContain("\n");
    }

    [Fact]
    public async Task Load_WithTheKey_WritesJsonAndNeverTheKey()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store, $"SESSION_API_KEY={Key}");
        await using var command = GatewayProcess.Start(
            [], "load", "--url", gateway.Address.ToString(), "--scenario", "fanout", "--clients", "5", "--events", "3",
            "--session-api-key", Key, "--json", "-");

        (await command.ExitAsync()).Should().Be(0, command.Errors);

        var output = string.Join('\n', await command.OutputAsync());
        var report = JObject.Parse(output);
        report.Value<string>("scenario").Should().Be("fanout");
        report["events"]!.Value<int>("received").Should().Be(15);
        report["times"]!["last client"]!.Value<double>("p999Milliseconds").Should().BePositive();
        report["phases"]!["work"]!.Value<double>("generatorCpuMilliseconds").Should().BePositive();
        (output + command.Errors).Should().NotContain(Key);
    }

    [Fact]
    public async Task Load_RefusedClients_AreListedAndExitCode2()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store, $"SESSION_API_KEY={Key}");
        await using var command = GatewayProcess.Start(
            new() { ["SESSION_API_KEY"] = "a-wrong-one" }, "load", "--url", gateway.Address.ToString(), "--scenario", "connect", "--clients", "3");

        (await command.ExitAsync()).Should().Be(2, "nobody came in");

        var output = string.Join('\n', await command.OutputAsync());
        output.Should().Contain("3 × refused: ").And.Contain("0 of 3 clients live").And.NotContain("a-wrong-one");
    }

    [Fact]
    public async Task Load_Stopped_GivesWhatItHasSeenAndExitCode1()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);
        await using var command = GatewayProcess.Start(
            [], "load", "--url", gateway.Address.ToString(), "--scenario", "rooms", "--clients", "2", "--rooms", "1", "--rate", "2",
            "--duration", "3600", "--json", "-");
        var events = store.PathOf("sessions", "load", "events");
        await Eventually.IsTrueAsync(
            () => Directory.Exists(events) && Directory.EnumerateFiles(events, "?.json").Any(), "an action is stored");

        await command.SignalAsync("TERM");

        (await command.ExitAsync()).Should().Be(1, command.Errors);
        var report = JObject.Parse(string.Join('\n', await command.OutputAsync()));
        report.Value<bool>("stopped").Should().BeTrue();
        report["connections"]!.Value<int>("connected").Should().Be(2);
    }
}
