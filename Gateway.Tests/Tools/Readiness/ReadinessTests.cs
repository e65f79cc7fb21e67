using Gateway.Tests.Support;
using Gateway.Tools.Readiness;
using Gateway.Tools.Verify.Features;
using Gateway.Tools.Verify.Rules;

namespace Gateway.Tests.Tools.Readiness;

/// <summary>What readiness makes of recordings and stores.</summary>
public sealed class ReadinessTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    // What no committed recording shows: answers in compressed bytes, a browser's own cache, a call that broke.
    private static readonly string[] s_inNoRecording = ["partly-recorded", "kept-from-before", "no-call-answer-recorded"];

    [Fact]
    public void Report_OfAllRecordings_NamesTheIntendedDifferencesAndNoOthers()
    {
        var report = Read(
            Deployment.Alone, Repository.PathOf("protocol-fixtures", "v0"), Repository.PathOf("protocol-fixtures", "v0-0.40"));

        report.Problems.Should().BeEmpty();
        report.Rules.Should().BeEquivalentTo(IntendedDifferences.Rules.Select(static rule => rule.Name).Except(s_inNoRecording));
    }

    [Fact]
    public void Report_OfARecording_SaysWhoWhenHowOftenAndInWhichShape()
    {
        var report = Read(Deployment.BeforeV1, Verification.PathOf("v0/polling-upgrade"));

        var upgrade = report.Rows.Single(static row => row.Usage.Feature.Name == "transport:upgrade").Usage;
        upgrade.Clients.Should().Equal("socket.io-client (Node)");
        upgrade.First.Should().BeAfter(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero)).And.BeOnOrBefore(upgrade.Last!.Value);
        var message = report.Rows.Single(static row => row.Usage.Feature.Name == "sent:message");
        message.Reply.Answer.Should().Be(FeatureAnswer.Same);
        message.Usage.Sample.Should().StartWith("{action: string, args: {content: string");
        report.ExitCode.Should().Be(0, ReportText.Answer(report));
    }

    [Fact]
    public void Report_WithoutAnAgent_IsNotReadyForActionsUnlessTheyAreAllowed()
    {
        var path = Verification.PathOf("v0/message-live");

        Read(Deployment.Alone, path).InTheWay.Select(static row => row.Usage.Feature.Name).Distinct()
            .Should().BeEquivalentTo("sent:message", "status-update");
        Read(Deployment.Alone, new ReadinessExceptions([], ["sent:*", "status-update"]), path).ExitCode.Should().Be(0);
        Read(Deployment.BeforeV1, new ReadinessExceptions(["given-twice"], []), path).InTheWay
            .Should().ContainSingle().Which.Usage.Feature.Name.Should().Be("given-twice");
    }

    [Fact]
    public void Report_InEveryForm_HoldsNoTextOfAUserAndNoSecret()
    {
        var report = Read(Deployment.Alone, Repository.PathOf("protocol-fixtures", "v0"));
        string[] forms = [ReportMarkdown.Of(report), ReportHtml.Of(report), ReportJson.Of(report)];

        forms.Should().AllSatisfy(static text => text.Should()
            .NotContain("v0-test-key").And.NotContain("redacted-").And.NotContain("hello.txt").And.NotContain("\"form\": \"nonsense\""));
        forms[1].Should().NotContain("<script").And.NotContain("http://").And.NotContain("https://")
            .And.Contain("default-src 'none'").And.Contain("prefers-color-scheme: dark");
    }

    [Fact]
    public void Read_AStore_CountsItsEventsByKind()
    {
        var report = Read(Deployment.Alone, Path.Combine(Verification.PathOf("v0/replay-full"), "store"));

        report.Sources.Should().ContainSingle().Which.Should().StartWith("a V0 store (store) with 1 conversation and ");
        ReportText.Answer(report).Should().StartWith("Ready as far as a store shows").And.Contain("only recordings show");
        report.Rows.Select(static row => row.Usage.Feature.Name).Should().Contain(["action:message", "observation:run", "size:log"]);
        report.ExitCode.Should().Be(0);
    }

    [Fact]
    public void Read_AStoreThatIsHalfCopied_IsPartialWithOneLine()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        var file = Recording.EventFiles(store.Root).First();
        File.WriteAllText(file, File.ReadAllText(file)[..20]);

        var report = Read(Deployment.Alone, store.Root);

        report.ExitCode.Should().Be(2);
        report.Problems.Should().ContainSingle().Which.Should().Contain("is not whole").And.Contain(Path.GetFileName(file));
        report.Rows.Should().NotBeEmpty();
        ReportMarkdown.Of(report).Should().StartWith("# Readiness (partial)");
    }

    [Fact]
    public void Read_AStoreWithoutItsLastEvents_IsPartial()
    {
        using var store = Recording.Named("replay-many-pages").CopyStore();
        var newest = Recording.EventFiles(store.Root).MaxBy(static file => int.Parse(Path.GetFileNameWithoutExtension(file)));
        foreach (var file in Recording.EventFiles(store.Root).Where(file => file == newest || IsInAPage(file)).ToList())
        {
            File.Delete(file);
        }

        Read(Deployment.Alone, store.Root).Problems.Should().ContainSingle().Which.Should().Contain("events");

        static bool IsInAPage(string file) => int.Parse(Path.GetFileNameWithoutExtension(file)) >= 20;
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{\"conversation_id\": \"")]
    public void Read_AStoreWithoutWholeMetadata_IsPartial(string? metadata)
    {
        using var store = Recording.Named("replay-full").CopyStore();
        var file = store.PathOf("sessions", store.Conversations().Single(), "metadata.json");
        File.Delete(file);
        if (metadata is not null)
        {
            File.WriteAllText(file, metadata);
        }

        var report = Read(Deployment.Alone, store.Root);

        report.ExitCode.Should().Be(2);
        report.Problems.Should().ContainSingle().Which.Should().Contain("metadata.json");
    }

    [Fact]
    public void Read_AStoreWithoutAnEventInItsMiddle_IsPartialUnlessGapsAreAllowed()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        File.Delete(Recording.EventFiles(store.Root).Single(static file => Path.GetFileName(file) == "3.json"));

        var report = Read(Deployment.Alone, store.Root);
        var allowed = Read(Deployment.Alone, new ReadinessExceptions([], ["log-gap"]), store.Root);

        report.ExitCode.Should().Be(2);
        report.Problems.Should().ContainSingle().Which.Should().Contain("misses 1 event before the last of sessions/")
            .And.Contain("--allow log-gap");
        allowed.ExitCode.Should().Be(0);
        allowed.Rows.Should().Contain(static row => row.Usage.Feature.Name == "log-gap");
    }

    [Theory]
    [InlineData("OpenHands 0.99.0 (V0)", "is a recording of an unknown version, 0.99.0")]
    [InlineData("OpenHands agent-server 1.57.0 (V1)", "is a recording of a V1 server")]
    public void Read_ARecordingOfAnotherServer_SaysSo(string server, string expected)
    {
        using var fixture = EditedFixture.CopyOf("v0/replay-full");
        fixture.WriteInfo(new() { ["server"] = server });

        Read(Deployment.Alone, fixture.Folder).Problems.Should().ContainSingle().Which.Should().Contain(expected);
    }

    private static ReadinessReport Read(Deployment deployment, params string[] paths) => Read(deployment, ReadinessExceptions.None, paths);

    private static ReadinessReport Read(Deployment deployment, ReadinessExceptions exceptions, params string[] paths)
    {
        var reader = new ReadinessReader();
        foreach (var path in paths)
        {
            reader.Read(path, CancellationToken.None);
        }

        return ReadinessReport.Of(reader, deployment, exceptions, s_now);
    }
}
