using System.Text.RegularExpressions;

using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>With <c>Fsync</c>, what counts as stored is on disk: seen in the system calls of a process that stores.</summary>
public sealed partial class DurabilityTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [StraceFact]
    public async Task Fsync_EverythingThatIsStored_IsSyncedBeforeItHasItsNameAndItsNameAfterwards()
    {
        var calls = await TraceAsync();

        // Directories: the name of each is synced, in the one above it, before anything in it counts as stored.
        var made = calls.Where(static call => call.Name.StartsWith("mkdir", StringComparison.Ordinal)).ToList();
        made.Select(call => Path.GetRelativePath(_root.Root, call.Path)).Should()
            .BeEquivalentTo("store", "store/sessions", "store/sessions/c", "store/sessions/c/events", "store/sessions/c/event_cache");
        made.Should().AllSatisfy(call => IsNameSynced(calls, call).Should().BeTrue(call.ToString()));

        // Files: content, then name, then the directory that holds the name. 25 events, their page file, metadata twice.
        var named = calls.Where(static call => call.Name.StartsWith("link", StringComparison.Ordinal)
            || call.Name.StartsWith("rename", StringComparison.Ordinal)).ToList();
        named.Should().HaveCount(28);
        named.Should().AllSatisfy(call => IsSyncedBefore(calls, call, call.Path).Should().BeTrue(call.ToString()));
        named.Should().AllSatisfy(call => IsNameSynced(calls, call).Should().BeTrue(call.ToString()));

        calls.Should().Contain(call => call.Name == "fsync" && call.Path.EndsWith("j.jsonl", StringComparison.Ordinal));
    }

    private static bool IsSyncedBefore(List<Call> calls, Call named, string path) =>
        calls.Exists(call => call.Index < named.Index && call.Name == "fsync" && call.Path == path);

    /// <summary>Before the next name is given: nothing counts as stored in between.</summary>
    private static bool IsNameSynced(List<Call> calls, Call named)
    {
        var directory = Path.GetDirectoryName(named.Path);
        var next = calls.Find(call => call.Index > named.Index && (call.Name.StartsWith("link", StringComparison.Ordinal)
            || call.Name.StartsWith("rename", StringComparison.Ordinal)))?.Index ?? int.MaxValue;
        return calls.Exists(call => call.Index > named.Index && call.Index < next && call.Name == "fsync" && call.Path == directory);
    }

    private async Task<List<Call>> TraceAsync()
    {
        var trace = _root.PathOf("trace");
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        await ProcessRunner.RunAsync(
            "strace",
            [
                "-f", "-y", "-s", "4096", "-e", "trace=fsync,link,linkat,rename,renameat,renameat2,mkdir,mkdirat", "-o", trace,
                dotnet, "exec", typeof(SyncedStore).Assembly.Location, SyncedStore.Argument, _root.PathOf("store"),
            ],
            TestLimits.Slow);
        var calls = new List<Call>();
        foreach (var line in await File.ReadAllLinesAsync(trace))
        {
            if (Line().Match(line) is { Success: true } match
                && match.Groups["path"].Value.StartsWith(_root.Root, StringComparison.Ordinal))
            {
                calls.Add(new Call(calls.Count, match.Groups["name"].Value, match.Groups["path"].Value));
            }
        }

        return calls;
    }

    // "12 fsync(25</a/b>) = 0", "12 link("/a/.t.tmp", "/a/0.json") = 0", also where another thread's call cuts the line.
    [GeneratedRegex("""^\d+ +(?<name>fsync|link|rename|mkdir)\w*\((?:\d+<(?<path>[^>]*)>|(?:[A-Z_]+(?:<[^>]*>)?, )?"(?<path>[^"]*)")(?!.* = -1)""")]
    private static partial Regex Line();

    private sealed record Call(int Index, string Name, string Path);
}

/// <summary>A test that looks at a process's system calls; skipped, with the reason, where strace is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute() =>
        Skip = File.Exists("/usr/bin/strace") ? null : "strace, which shows a process's system calls, is not installed.";
}
