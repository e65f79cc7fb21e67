using Gateway.Tests.Support;

namespace Gateway.Tests.Cli;

/// <summary>The program's commands, each in a process of its own.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("serve", "--help")]
    [InlineData("verify", "--help")]
    [InlineData("--agent", "echo", "--help")]
    public async Task Run_Help_IsGiven(params string[] arguments)
    {
        var (exitCode, output, _) = await RunAsync(arguments);

        exitCode.Should().Be(0);
        output.Should().Contain("Usage:");
    }

    [Theory]
    [InlineData("'serv'", "serv")]
    [InlineData("'verfy'", "--agent", "echo", "verfy")]
    [InlineData("--agent needs a value", "--agent")]
    [InlineData("--agent needs a value", "serve", "--urls", "http://127.0.0.1:0", "--agent")]
    [InlineData("'--out'", "import", "trajectory.json")]
    [InlineData("'--no-such'", "record", "--no-such", "1")]
    public async Task Run_NotUnderstood_SaysWhatAndFails(string named, params string[] arguments)
    {
        var (exitCode, _, errors) = await RunAsync(arguments);

        exitCode.Should().Be(2);
        errors.Should().Contain(named).And.Contain("--help").And.NotContain("   at ");
    }

    [Fact]
    public async Task Serve_BadSettings_NamesEveryOneInALineOfItsOwn()
    {
        var (exitCode, _, errors) = await RunAsync(
            "--agent", "nobody", "--Engine:PingInterval", "soon", "--Engine:MaxSessions", "many", "--Engine:OutboundPackets", "1", "--CloseDelay", "-1", "--SocketIO:MaxAttachments", "0", "--CLIENT_WAIT_TIMEOUT", "-5");

        exitCode.Should().Be(2);
        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(7).And.AllSatisfy(static line => line.Should().StartWith("gateway: "));
        errors.Should().ContainAll("nobody", "Engine:PingInterval", "Engine:MaxSessions", "OutboundPackets", "CloseDelay", "MaxAttachments", "ClientWaitTimeoutSeconds");
    }

    [Fact]
    public async Task Serve_AddressInUse_SaysSo()
    {
        using var store = TempStore.Empty();
        await using var first = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });

        var (exitCode, _, errors) = await RunAsync("--urls", first.Address.AbsoluteUri, "--FILE_STORE_PATH", store.Root);

        exitCode.Should().Be(2);
        errors.Should().Contain("address already in use").And.NotContain("   at ");
    }

    private static async Task<(int ExitCode, IReadOnlyList<string> Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = GatewayProcess.Start([], arguments);
        var exitCode = await process.ExitAsync();
        return (exitCode, await process.OutputAsync(), process.Errors);
    }
}
