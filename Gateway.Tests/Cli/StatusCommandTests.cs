using Gateway.Tests.Operations.Operators;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway status</c> in a process of its own, against a running gateway.</summary>
public sealed class StatusCommandTests
{
    [Fact]
    public async Task Status_OfARunningGateway_ShowsItAndItsTable()
    {
        await using var stage = await OperatorStage.StartAsync();
        await stage.JoinAsync();

        var (exitCode, output, _) = await RunAsync(OperatorStage.Key, "--url", stage.Host.Address.ToString());

        exitCode.Should().Be(0);
        output.Should().Contain("connected 1 (1 in conversations)").And.ContainAll("store works (Files)", stage.Conversation, "this node")
            .And.NotContain(OperatorStage.Key).And.NotContain("Last trouble", "a column that says nothing is left out");
    }

    [Fact]
    public async Task Status_AsJson_IsAnObjectInALine()
    {
        await using var stage = await OperatorStage.StartAsync();

        var (exitCode, output, _) = await RunAsync(
            "", "clients", "--json", "--url", stage.Host.Address.ToString(), "--key", OperatorStage.Key);

        exitCode.Should().Be(0);
        var state = JObject.Parse(output.Trim());
        ((int)state["now"]!["connected"]!).Should().Be(0);
        ((string?)state["table"]!["table"]).Should().Be("clients");
    }

    [Theory]
    [InlineData("not-the-operators-key", "refuses the key")]
    [InlineData("", "refuses the key")]
    public async Task Status_WithoutTheKey_SaysSo(string key, string expected)
    {
        await using var stage = await OperatorStage.StartAsync();

        var (exitCode, _, errors) = await RunAsync(key, "--url", stage.Host.Address.ToString());

        exitCode.Should().Be(2);
        errors.Should().Contain(expected).And.NotContain("   at ");
    }

    [Fact]
    public async Task Status_OfATableThatIsNotThere_NamesThoseThatAre()
    {
        await using var stage = await OperatorStage.StartAsync();

        var (exitCode, _, errors) = await RunAsync(OperatorStage.Key, "conversation", "--url", stage.Host.Address.ToString());

        exitCode.Should().Be(2);
        errors.Trim().Should().Be(
            "status: there is no table 'conversation'; there are conversations, clients, days, refusals, refusal-reasons, closes, connected, "
            + "slow, untranslated, recordings");
    }

    [Fact]
    public async Task Drain_OfARunningGateway_EndsItInOrder()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(
            new() { ["FILE_STORE_PATH"] = store.Root, ["Operations__Key"] = OperatorStage.Key });
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(gateway.Address, "c1"));
        await client.ReadAsync("connect");
        (await RunCommandAsync("drain", "not-the-operators-key", "--url", $"{gateway.Address}")).ExitCode.Should().Be(2);

        (await RunCommandAsync("drain", OperatorStage.Key, "--url", $"{gateway.Address}")).ExitCode.Should().Be(0);

        (await client.ReadAsync("disconnect"))["disconnect"].ToString().Should().Be("server shutdown");
        (await gateway.ExitAsync()).Should().Be(0);
    }

    private static Task<(int ExitCode, string Output, string Errors)> RunAsync(string key, params string[] arguments) =>
        RunCommandAsync("status", key, arguments);

    private static async Task<(int ExitCode, string Output, string Errors)> RunCommandAsync(
        string command, string key, params string[] arguments)
    {
        await using var process = GatewayProcess.Start(new() { ["Operations__Key"] = key }, [command, .. arguments]);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }
}
