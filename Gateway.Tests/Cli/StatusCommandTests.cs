using Gateway.Tests.Operations.Operators;
using Gateway.Tests.Support;

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

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string key, params string[] arguments)
    {
        await using var process = GatewayProcess.Start(new() { ["Operations__Key"] = key }, ["status", .. arguments]);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }
}
