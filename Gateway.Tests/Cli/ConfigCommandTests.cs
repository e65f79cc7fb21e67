using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway config</c> and <c>gateway health</c>, each in a process of its own.</summary>
public sealed class ConfigCommandTests
{
    [Fact]
    public async Task Check_SettingsAreWrong_SaysEachAndFails()
    {
        var (exitCode, output, errors) = await RunAsync(
            ["config", "check", "--Engine:PingInterval", "soon", "--urls", "http://localhost:abc"]);

        exitCode.Should().Be(2);
        output.Should().BeEmpty();
        errors.Should().Contain("Engine:PingInterval").And.Contain("http://localhost:abc").And.NotContain("   at ");
    }

    /// <summary>Which headers a connection keeps depends on Access, and its faults must not hide those of others.</summary>
    [Fact]
    public async Task Check_FaultsInSeveralSections_AreAllSaid()
    {
        var (exitCode, _, errors) = await RunAsync(
        [
            "config", "check", "--Access:Mode", "Forward", "--Engine:MaxSessions", "0", "--Conversations:OpenTimeout", "01:00:00",
            "--HttpApi:MaxBodyBytes", "0", "--SocketIO:ConnectTimeout", "-1",
        ]);

        exitCode.Should().Be(2);
        string[] faults =
        [
            "Access:Mode", "Engine:MaxSessions", "Conversations:OpenTimeout", "HttpApi:MaxBodyBytes", "SocketIO:ConnectTimeout",
        ];
        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(faults.Length);
        faults.Should().OnlyContain(fault => errors.Contains(fault));
    }

    [Fact]
    public async Task Check_ALogLevelThatIsNone_IsSaidAmongTheOthers()
    {
        var (exitCode, _, errors) = await RunAsync(
        [
            "config", "check", "--Logging:LogLevel:Default", "Loud", "--Logging:Console:LogLevel:Gateway", "99",
            "--Logging:LogLevel:Microsoft", "debug", "--Engine:MaxSessions", "0",
        ]);

        exitCode.Should().Be(2);
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(3);
        lines.Should().ContainSingle(static line => line.Contains("Engine:MaxSessions"));
        lines.Should().Contain(
            "gateway: Logging:LogLevel:Default is 'Loud'; it must be one of Trace, Debug, Information, Warning, Error, Critical, None.");
        lines.Should().ContainSingle(static line => line.Contains("Logging:Console:LogLevel:Gateway is '99'"));
    }

    [Fact]
    public async Task CheckAndShow_SettingsAreRight_SayWhatTheyAre()
    {
        var environment = new Dictionary<string, string> { ["SESSION_API_KEY"] = "a-secret-key" };
        (await RunAsync(["config", "check", "--agent", "echo"], environment)).Should().Be((0, "The settings are good.", ""));

        var (exitCode, output, _) = await RunAsync(["config", "show", "--json", "--agent", "echo"], environment);

        exitCode.Should().Be(0);
        output.Should().NotContain("a-secret-key");
        var shown = JArray.Parse(output);
        shown.Should().ContainSingle(setting => $"{setting["setting"]}" == "Agent" && $"{setting["from"]}" == "command line");
        shown.Should().ContainSingle(setting => $"{setting["from"]}" == "environment, as SESSION_API_KEY");
    }

    [Fact]
    public async Task Schema_OfTheSettings_IsJson()
    {
        var (exitCode, output, _) = await RunAsync(["config", "schema"]);

        exitCode.Should().Be(0);
        JObject.Parse(output)["properties"]!["Engine"].Should().NotBeNull();
    }

    [Fact]
    public async Task Health_OfAGateway_IsItsExitCode()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });

        (await RunAsync(["health", "--url", $"{gateway.Address}"])).Should().Be((0, "healthy", ""));
        (await RunAsync(["health"], new() { ["URLS"] = $"{gateway.Address}" })).ExitCode.Should().Be(0);
        await gateway.KillAsync();
        var (exitCode, _, errors) = await RunAsync(["health", "--live", "--url", $"{gateway.Address}"]);
        exitCode.Should().Be(2);
        errors.Should().StartWith("health: ");
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string[] arguments, Dictionary<string, string>? environment = null)
    {
        await using var process = GatewayProcess.Start(environment ?? [], arguments);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }
}
