using System.Text.RegularExpressions;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway corpus</c> and <c>gateway play</c> as their users meet them.</summary>
public sealed partial class CorpusCommandTests
{
    [Fact]
    public async Task Minimise_OfAFolder_CopiesTheSetAndSaysItsSize()
    {
        using var folder = TempStore.Empty();
        var target = folder.PathOf("small");

        var made = await RunAsync("corpus", "minimise", Repository.PathOf("protocol-fixtures", "v0-0.40"), "--out", target, "--json");
        var again = await RunAsync("corpus", "minimise", Repository.PathOf("protocol-fixtures", "v0-0.40"), "--out", target);

        made.ExitCode.Should().Be(0, made.Errors);
        var report = JObject.Parse(made.Output);
        Directory.EnumerateFiles(target, "session.har", SearchOption.AllDirectories)
            .Should().HaveCount(report["recordings"]!.Value<int>("after"));
        again.ExitCode.Should().Be(2);
        again.Errors.Should().Contain("is not empty");
    }

    [Fact]
    public async Task Minimise_AmongUnreadableRecordings_SaysInItsReportThatItIsPartial()
    {
        using var corpus = UnreadableAndOne();

        var table = await RunAsync("corpus", "minimise", corpus.Root);
        var json = await RunAsync("corpus", "minimise", corpus.Root, "--json");
        var whole = await RunAsync("corpus", "minimise", corpus.PathOf("sound"), "--json");

        (table.ExitCode, json.ExitCode, whole.ExitCode).Should().Be((2, 2, 0));
        ShouldNameTheUnreadable(table.Errors, "minimise");
        table.Output.Trim().Should().EndWith("Partial: 2 could not be read, and what they alone show is not covered.");
        var report = JObject.Parse(json.Output);
        report.Value<bool>("partial").Should().BeTrue();
        report["problems"]!.Values<string>().Should().HaveCount(2).And.AllSatisfy(line => line.Should().StartWith(corpus.Root));
        JObject.Parse(whole.Output).Value<bool>("partial").Should().BeFalse();
    }

    [Fact]
    public async Task Minimise_OfSeveralPaths_NamesEachByItsPlaceUnderAllOfThem()
    {
        using var folder = TempStore.Empty();
        var (target, errors) = (folder.PathOf("small"), Path.Combine(Verification.PathOf("v0/rest-errors"), "session.har"));

        var result = await RunAsync(
            "corpus", "minimise", Verification.PathOf("v0-0.40/replay-full"), errors, "--out", target, "--json");

        result.ExitCode.Should().Be(0, result.Errors);
        JObject.Parse(result.Output)["cover"]!.Select(static step => step.Value<string>("recording"))
            .Should().BeEquivalentTo("v0/rest-errors", "v0-0.40/replay-full");
        File.Exists(Path.Combine(target, "v0", "rest-errors", "session.har")).Should().BeTrue();
    }

    [Fact]
    public async Task Minimise_OfOneFile_CopiesItIntoTheFolder()
    {
        using var folder = TempStore.Empty();
        var target = folder.PathOf("small");

        var result = await RunAsync(
            "corpus", "minimise", Path.Combine(Verification.PathOf("v0-0.40/replay-full"), "session.har"), "--out", target);

        result.ExitCode.Should().Be(0, result.Errors);
        Directory.EnumerateFileSystemEntries(folder.Root).Should().Equal(target);
        File.Exists(Path.Combine(target, "replay-full", "session.har")).Should().BeTrue();
    }

    [Fact]
    public async Task Minimise_OfRecordingsOfV1_NamesThemAndLeavesThemOut()
    {
        using var v1 = EditedFixture.CopyOf("v0-0.40/replay-full");
        v1.WriteInfo(new() { ["server"] = "OpenHands agent-server 1.57.0 (V1)" });

        var result = await RunAsync("corpus", "minimise", v1.Folder);

        result.ExitCode.Should().Be(2);
        result.Errors.Trim().Split('\n').Should().ContainSingle().Which.Should().Contain("is a recording of a V1 server");
        result.Output.Should().BeEmpty();
    }

    [Fact]
    public async Task Shrink_OfASoundFixture_IsOneLineAndNoFolder()
    {
        using var folder = TempStore.Empty();

        var result = await RunAsync("corpus", "shrink", Verification.PathOf("v0-0.40/replay-full"), "--out", folder.PathOf("short"));

        result.ExitCode.Should().Be(2);
        result.Errors.Trim().Split('\n').Should().ContainSingle().Which.Should().Contain("no difference");
        Directory.Exists(folder.PathOf("short")).Should().BeFalse();
    }

    [Fact]
    public async Task Shrink_WhoseTimeIsOver_SaysSoInItsLineAndKeepsTheShortest()
    {
        using var folder = TempStore.Empty();
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        fixture.Messages()[fixture.PlaceOf(9)].Remove();
        fixture.Save();

        var result = await RunAsync("corpus", "shrink", fixture.Folder, "--no-rest", "--limit", "1", "--out", folder.PathOf("short"));

        result.ExitCode.Should().Be(0, result.Errors);
        result.Output.Split('\n')[0].Should().StartWith("ExtraEvent of event 9 (run): ").And.Contain("ended before it was done (--limit)");
        File.Exists(folder.PathOf("short", "session.har")).Should().BeTrue();
    }

    [Fact]
    public async Task Anonymise_OfARecording_WritesItAndRefusesFoldersThatAreInUse()
    {
        using var folder = TempStore.Empty();
        var (source, target) = (Verification.PathOf("v0-0.40/replay-full"), folder.PathOf("out"));

        var made = await RunAsync("corpus", "anonymise", source, "--out", target, "--keep-refused", folder.PathOf("refused"));
        var filled = await RunAsync("corpus", "anonymise", source, "--out", folder.PathOf("new"), "--keep-refused", target);
        var same = await RunAsync("corpus", "anonymise", source, "--out", folder.PathOf("x"), "--keep-refused", folder.PathOf("x"));

        made.ExitCode.Should().Be(0, made.Errors);
        made.Output.Should().StartWith($"1 of 1 recordings are in {target};");
        File.Exists(Path.Combine(target, "session.har")).Should().BeTrue();
        Directory.Exists(folder.PathOf("refused")).Should().BeFalse();
        (filled.ExitCode, same.ExitCode).Should().Be((2, 2));
        filled.Errors.Should().Contain("is not empty");
        same.Errors.Should().Contain("another folder");
    }

    [Fact]
    public async Task Anonymise_AmongUnreadableRecordings_DoesTheRestAndNamesEach()
    {
        using var corpus = UnreadableAndOne();
        using var folder = TempStore.Empty();
        var target = folder.PathOf("out");

        var result = await RunAsync("corpus", "anonymise", corpus.Root, Verification.PathOf("v0/replay-full"), "--out", target);

        result.ExitCode.Should().Be(2);
        ShouldNameTheUnreadable(result.Errors, "anonymise");
        result.Output.Should().StartWith($"2 of 2 recordings are in {target};");
        File.Exists(Path.Combine(target, "recording-001", "session.har")).Should().BeTrue();
        File.Exists(Path.Combine(target, "recording-002", "session.har")).Should().BeTrue();
    }

    [Fact]
    public async Task Anonymise_UnreadableRecordingsAlone_WritesNothing()
    {
        using var corpus = UnreadableAndOne();
        using var folder = TempStore.Empty();
        Directory.Delete(corpus.PathOf("sound"), recursive: true);

        var result = await RunAsync("corpus", "anonymise", corpus.Root, "--out", folder.PathOf("out"));

        result.ExitCode.Should().Be(2);
        ShouldNameTheUnreadable(result.Errors, "anonymise");
        (result.Output, Directory.Exists(folder.PathOf("out"))).Should().Be(("", false));
    }

    [Fact]
    public async Task Play_AmongUnreadableRecordings_PlaysTheRestAndNamesEach()
    {
        using var corpus = UnreadableAndOne();
        using var store = Recording.Named("replay-full").CopyStore();
        await using var gateway = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });

        var result = await RunAsync(
            "play", corpus.Root, "--no-rest", "--times", "2", "--speed", "0", "--url", $"{gateway.Address}", "--json");

        result.ExitCode.Should().Be(2);
        ShouldNameTheUnreadable(result.Errors, "play");
        var report = JObject.Parse(result.Output);
        report.Value<int>("played").Should().Be(2);
        report.Value<bool>("partial").Should().BeTrue();
        report["problems"].Should().HaveCount(2);
    }

    [Fact]
    public async Task Play_ARecordingManyTimes_SaysHowLongItTook()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        await using var gateway = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });

        var result = await RunAsync(
            "play", Verification.PathOf("v0/replay-full"), "--no-rest", "--times", "8", "--speed", "0", "--jobs", "4", "--timeout", "2",
            "--url", $"{gateway.Address}", "--json");

        var report = JObject.Parse(result.Output);
        report.Value<int>("played").Should().Be(8, result.Errors);
        var opened = report["times"]!.Single(static row => row.Value<string>("what") == "open a session");
        opened.Value<int>("count").Should().BeGreaterThanOrEqualTo(8);
        opened.Value<double>("p50Milliseconds").Should().BePositive().And.BeLessThanOrEqualTo(opened.Value<double>("p99Milliseconds"));
    }

    [Fact]
    public async Task Play_WhatNeverComes_IsCountedAsFailedInTheTableTheLineAndTheExitCode()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        await using var gateway = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });
        string[] arguments =
        [
            "play", Verification.PathOf("v0/replay-full"), "--no-rest", "--times", "3", "--speed", "0", "--timeout", "1",
            "--url", $"{gateway.Address}",
        ];

        var table = await RunAsync(arguments);
        var json = await RunAsync([.. arguments, "--json"]);

        (table.ExitCode, json.ExitCode).Should().Be((1, 1));
        table.Output.Should()
            .Contain("3 sessions played, 3 failed (3 of those lacked something that they waited for, 0 more ended early), in ")
            .And.Contain("percentiles and the longest are of what came");
        var report = JObject.Parse(json.Output);
        (report.Value<int>("played"), report.Value<int>("failed"), report.Value<int>("incomplete")).Should().Be((3, 3, 3));
        report["times"]!.Sum(static row => row.Value<int>("failed")).Should().BeGreaterThanOrEqualTo(3);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT", "--json")]
    public async Task Play_Stopped_GivesWhatItHasSeenAndSaysSo(string signal, params string[] more)
    {
        using var store = TempStore.CopyOf(Path.Combine(Verification.PathOf("v0-0.40/replay-full"), "store"));
        await using var gateway = await GatewayHost.StartAsync(store);
        await using var play = GatewayProcess.Start(
            [], ["play", Verification.PathOf("v0-0.40/replay-full"), "--no-rest", "--times", "1000000", "--speed", "0", "--jobs", "2",
            "--url", $"{gateway.Address}", .. more]);
        await gateway.Log.WaitForAsync(" ended: client_closed", 6);

        await play.SignalAsync(signal);

        (await play.ExitAsync()).Should().Be(1, play.Errors);
        var output = string.Join('\n', await play.OutputAsync());
        if (more.Length > 0)
        {
            var report = JObject.Parse(output);
            report.Value<bool>("stopped").Should().BeTrue();
            report.Value<int>("played").Should().BeGreaterThan(2);
            report.Value<int>("failed").Should().Be(0);
            return;
        }

        output.Should().Contain("open a session").And.Contain(" 0 failed, in ").And.EndWith(", stopped before its end.");
    }

    [Theory]
    [InlineData("play: ", "Connection refused", "--times", "2", "--url", "http://127.0.0.1:1")]
    [InlineData("gateway: ", "--times is 0", "--times", "0", "--url", "http://127.0.0.1:1")]
    [InlineData("play: ", "--url is no", "--url", "x")]
    public async Task Play_WhatCannotBePlayed_IsOneLine(string who, string expected, params string[] arguments)
    {
        var result = await RunAsync(["play", Verification.PathOf("v0/replay-full"), "--no-rest", .. arguments]);

        result.ExitCode.Should().Be(2);
        result.Errors.Trim().Split('\n').Should().ContainSingle().Which.Should().StartWith(who).And.Contain(expected);
    }

    /// <summary>Two files that are no recordings, and a sound recording in <c>sound</c>.</summary>
    private static TempStore UnreadableAndOne()
    {
        var corpus = TempStore.Empty();
        File.WriteAllText(corpus.PathOf("first.har"), "no JSON");
        File.WriteAllText(corpus.PathOf("last.har"), "{}");
        using var sound = EditedFixture.CopyOf("v0-0.40/replay-full");
        Directory.CreateDirectory(corpus.PathOf("sound"));
        File.Copy(sound.HarPath, corpus.PathOf("sound", "session.har"));
        return corpus;
    }

    // On a slow machine there are lines in between that say how far it is, and no others.
    private static void ShouldNameTheUnreadable(string errors, string command) =>
        errors.Trim().Split('\n').Where(static line => !HowFar().IsMatch(line))
            .Should().HaveCount(2).And.AllSatisfy(line => line.Should().StartWith($"{command}: "))
            .And.Contain(static line => line.Contains("first.har")).And.Contain(static line => line.Contains("last.har"));

    [GeneratedRegex(@"^\d+ of \d+ recordings are proven, \d+ are not$", RegexOptions.CultureInvariant)]
    private static partial Regex HowFar();

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = GatewayProcess.Start([], arguments);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }
}
