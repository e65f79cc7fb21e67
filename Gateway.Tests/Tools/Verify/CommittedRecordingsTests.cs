using System.Globalization;

using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

namespace Gateway.Tests.Tools.Verify;

/// <summary>
/// Every committed recording of a V0 server is green: in this process, and against a program of its own over real sockets.
/// </summary>
public sealed class CommittedRecordingsTests
{
    public static TheoryData<string> Recordings => [.. Verification.CommittedFixtures()];

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Verify_InProcess_IsEqual(string name)
    {
        var result = await Verification.InProcessAsync(Verification.PathOf(name));

        result.ShouldBeEqual();
        result.ShouldUseOnlyRulesThatReadinessNames(name);
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Verify_OverASocket_IsEqual(string name)
    {
        using var store = new Recording(name).CopyStore();
        await using var gateway = await StartAsync(store, name, "recorded");

        var result = await Verification.RunAsync(Verification.PathOf(name), new UrlTarget(gateway.Address));

        result.ShouldBeEqual();
    }

    [Theory]
    [InlineData("v0/message-live")]
    [InlineData("v0/server-restart")]
    [InlineData("v0/polling-upgrade")]
    [InlineData("v0/key-refusals")]
    [InlineData("v0-0.40/replay-full")]
    public async Task Verify_ReplayOnlyWithoutTheAgent_IsEqual(string name)
    {
        using var store = new Recording(name).CopyStore();
        await using var gateway = await StartAsync(store, name, "none");

        var result = await Verification.RunAsync(Verification.PathOf(name), new UrlTarget(gateway.Address), replayOnly: true);

        result.ShouldBeEqual();
    }

    [Fact]
    public async Task Verify_AtLevelExact_SaysWhatLevelMeaningWouldMakeOfEachDifference()
    {
        var result = await Verification.InProcessAsync(Verification.PathOf("v0/late-first-client"), VerifyLevel.Exact);

        result.Problem.Should().BeNull();
        result.Differences
            .Should()
            .NotBeEmpty().And
            .AllSatisfy(static difference => difference.What.Should().Contain("intended at level meaning"));
    }

    // What the recorded server was set to is in the recording; it is what an operator would set.
    private static Task<GatewayProcess> StartAsync(TempStore store, string name, string agent)
    {
        var fixture = FixtureLoader.LoadAll([Verification.PathOf(name)]).Single().Fixture
            ?? throw new InvalidOperationException("No fixture.");
        var settings = TargetSettingsReader.Read(new Gateway.Tools.Verify.Wire.RecordedSession(fixture));
        var environment = new Dictionary<string, string>
        {
            ["FILE_STORE_PATH"] = store.Root,
            ["SESSION_API_KEY"] = settings.SessionApiKey ?? "",
            ["MAX_CONCURRENT_CONVERSATIONS"] = settings.MaxConcurrentConversations.ToString(CultureInfo.InvariantCulture),
        };
        return GatewayProcess.StartListeningAsync(environment, "--agent", agent, "--Recorded:Path", fixture.HarPath);
    }
}
