using System.Diagnostics;
using System.Globalization;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>A process that appends is killed at random moments: what it called stored is there, whole, and nothing else is.</summary>
public sealed class StoreCrashTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Append_ProcessKilledAgainAndAgain_LeavesNoHoleAndNoHalfEvent()
    {
        var random = new Random(20261121);
        var highest = -1;
        for (var round = 0; round < 6; round++)
        {
            highest = await AppendUntilKilledAsync(killAfter: random.Next(5, 150), atLeast: highest);

            var log = await TestStore.Logs(_root.Root).OpenAsync(TestStore.Key("crash"), CancellationToken.None);
            var (events, corrupt) = await TestStore.ReadAllAsync(log);

            corrupt.Should().BeEmpty();
            log.Head.Should().BeInRange(highest, highest + 1, "the last one may be stored and not yet printed");
            events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, log.Head + 1));
            events.Should().OnlyContain(static stored => stored.Json.Length == AppendUntilKilled.Event(stored.Id).Length);
            PagesAreWhole();
            highest = log.Head;
        }
    }

    private void PagesAreWhole()
    {
        foreach (var path in Directory.EnumerateFiles(_root.PathOf("sessions", "crash", "event_cache"), "*.json"))
        {
            var scanner = new PageScanner(File.ReadAllBytes(path));
            var count = 0;
            while (scanner.TryNext(out var element))
            {
                element.Status.Should().Be(ScanStatus.Ok);
                count++;
            }

            (count, scanner.IsWhole).Should().Be((ConversationPaths.PageSize, true));
        }
    }

    /// <summary>The highest id that the process printed.</summary>
    private async Task<int> AppendUntilKilledAsync(int killAfter, int atLeast)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet,
            ["exec", typeof(AppendUntilKilled).Assembly.Location, AppendUntilKilled.Argument, _root.Root])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The appending process did not start.");
        var highest = atLeast;
        try
        {
            for (var printed = 0; printed < killAfter; printed++)
            {
                var line = await process.StandardOutput.ReadLineAsync().WaitAsync(s_limit);
                line.Should().NotBeNull("the process must go on until it is killed");
                highest = int.Parse(line ?? "", CultureInfo.InvariantCulture);
            }
        }
        finally
        {
            process.Kill();
        }

        // What it printed before it died, and nobody has read yet, is stored as well.
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(s_limit) is { Length: > 0 } line)
        {
            highest = int.TryParse(line, CultureInfo.InvariantCulture, out var id) && id == highest + 1 ? id : highest;
        }

        await process.WaitForExitAsync().WaitAsync(s_limit);
        return highest;
    }
}
