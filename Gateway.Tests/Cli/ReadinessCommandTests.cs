using Gateway.Tests.Operations.Operators;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway readiness</c> as its users meet it: exit codes, lines, files.</summary>
public sealed class ReadinessCommandTests
{
    private static readonly string s_replay = Verification.PathOf("v0/replay-full");

    [Fact]
    public async Task Readiness_OfARecording_WritesThePageInTheFormOfItsName()
    {
        using var folder = TempStore.Empty();

        var notReady = await RunAsync(s_replay, "--out", folder.PathOf("report.html"));
        var ready = await RunAsync(s_replay, "--deployment", "v1", "--out", folder.PathOf("report.json"));

        notReady.ExitCode.Should().Be(1);
        notReady.Output.Should().Contain("Not ready. In the way: status-update.");
        File.ReadAllText(folder.PathOf("report.html")).Should().StartWith("<!doctype html>");
        ready.ExitCode.Should().Be(0, ready.Errors);
        JObject.Parse(File.ReadAllText(folder.PathOf("report.json"))).Value<bool>("ready").Should().BeTrue();
        Directory.EnumerateFiles(folder.Root).Should().HaveCount(2);
    }

    [Fact]
    public async Task Readiness_OfARunningGateway_CountsItsClients()
    {
        await using var stage = await OperatorStage.StartAsync();
        await stage.JoinAsync();

        var (exitCode, output, errors) = await RunAsync("--url", $"{stage.Host.Address}", "--key", OperatorStage.Key, "--format", "json");

        exitCode.Should().Be(0, errors);
        JObject.Parse(output).Value<string>("answer").Should().StartWith("Ready as far as a gateway's counts show");
        var names = JObject.Parse(output)["features"]!.Select(static feature => feature.Value<string>("name"));
        names.Should().Contain(["client", "asks-as", "eio:4", "transport:websocket", "query:conversation_id"]);
        output.Should().NotContain(OperatorStage.Key);
    }

    [Fact]
    public async Task Readiness_OfWhatIsNotThere_IsOneLineAndNoFile()
    {
        using var folder = TempStore.Empty();

        var missing = await RunAsync(folder.PathOf("none"), "--out", folder.PathOf("report.md"));
        var partial = await RunAsync(s_replay, folder.PathOf("none"), "--out", folder.PathOf("partial.md"));

        missing.ExitCode.Should().Be(2);
        missing.Errors.Should().Contain("does not exist").And.NotContain("   at ");
        File.Exists(folder.PathOf("report.md")).Should().BeFalse();
        partial.ExitCode.Should().Be(2);
        File.ReadAllText(folder.PathOf("partial.md")).Should().StartWith("# Readiness (partial)");
    }

    [Theory]
    [InlineData("no path", new string[0])]
    [InlineData("give --format", new[] { "x", "--out", "report.pdf" })]
    [InlineData("no feature is called nonsense", new[] { "x", "--allow", "nonsense" })]
    public async Task Readiness_AskedWrongly_IsOneLine(string expected, string[] arguments)
    {
        var (exitCode, _, errors) = await RunAsync(arguments);

        exitCode.Should().Be(2);
        errors.Trim().Split('\n').Should().ContainSingle().Which.Should().Contain(expected);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = GatewayProcess.Start([], ["readiness", .. arguments]);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }
}
