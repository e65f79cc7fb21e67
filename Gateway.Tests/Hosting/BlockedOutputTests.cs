using System.Text.RegularExpressions;

using Gateway.Tests.Support;

namespace Gateway.Tests.Hosting;

/// <summary>The program with a standard output that nobody reads: a log pipe whose reader hangs must not stop the server.</summary>
public sealed partial class BlockedOutputTests
{
    // Each writes more than 1 KB of log; a pipe holds 64 KiB.
    private const int Connects = 1_000;

    [Fact]
    public async Task Connects_NobodyReadsTheLog_AreAllServedAndTheProgramEnds()
    {
        using var store = TempStore.Empty();
        await using var gateway = await StartAsync(store);
        gateway.PauseOutput();

        await ConnectAsync(gateway.Address, Connects);

        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Lines_ThatDidNotFit_AreCountedWhenTheLogIsReadAgain()
    {
        using var store = TempStore.Empty();
        await using var gateway = await StartAsync(store, "--Log:MaxQueuedBytes", "65536");
        gateway.PauseOutput();
        await ConnectAsync(gateway.Address, Connects);

        gateway.ResumeOutput();

        var line = await gateway.WaitForLineAsync("log lines were dropped");
        int.Parse(Count().Match(line).Groups[1].Value).Should().BeGreaterThan(Connects / 2);
        line.Should().Contain("WARN");
        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);
        (await gateway.OutputAsync())
            .Should()
            .NotContain(static later => later.Contains("log lines were dropped") && later.Contains(" 0 log"));
    }

    private static Task<GatewayProcess> StartAsync(TempStore store, params string[] settings) =>
        GatewayProcess.StartListeningAsync(
            new() { ["FILE_STORE_PATH"] = store.Root },
                ["--Logging:LogLevel:Gateway", "Debug", "--Logging:LogLevel:Microsoft.AspNetCore", "Debug", .. settings]);

    private static async Task ConnectAsync(Uri address, int count)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = TestLimits.Step };
        for (var i = 0; i < count; i++)
        {
            (await http.GetStringAsync("/socket.io/?EIO=4&transport=polling&conversation_id=c1")).Should().StartWith("0{");
        }
    }

    [GeneratedRegex(@"(\d+) log lines were dropped")]
    private static partial Regex Count();
}
