using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Verify;

/// <summary>The report says what a newcomer would stumble over: keys, targets that are away or have more, content played back.</summary>
public sealed class TargetNotesTests
{
    private const string Keyed = "v0/rest-errors-keyed";

    [Fact]
    public async Task Verify_ATargetThatAsksForAnotherKey_IsEqualWithThatKey()
    {
        using var store = new Recording(Keyed).CopyStore();
        await using var host = await GatewayHost.StartAsync(store, "SESSION_API_KEY=the-target-s-own", "HttpApi:RateLimit=false");

        var result = await VerifyAsync(Verification.PathOf(Keyed), host.Address, "the-target-s-own");

        // Only what the recorded server's age hides is left to differ.
        result.Problem.Should().BeNull();
        result.Differences.Should().NotContain(static difference => difference.What.Contains("401", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_AKeyThatWasTakenOut_IsAskedFor()
    {
        using var fixture = EditedFixture.CopyOf(Keyed);
        fixture.Rename("test-session-key", "redacted-1");
        fixture.Save();
        fixture.WriteInfo(new JObject { ["title"] = "without its key" });
        using var store = new Recording(Keyed).CopyStore();
        await using var host = await GatewayHost.StartAsync(store, "SESSION_API_KEY=the-target-s-own", "HttpApi:RateLimit=false");

        var result = await VerifyAsync(fixture.Folder, host.Address, key: null);

        result.Notes.Should().ContainSingle().Which.Should().Contain("--key");
    }

    [Fact]
    public async Task Verify_ATargetThatIsAway_IsSaidInOneLine()
    {
        var result = await VerifyAsync(Verification.PathOf(Keyed), new Uri("http://127.0.0.1:1"), key: null);

        result.Problem.Should().StartWith("http://127.0.0.1:1/ does not answer").And.NotContain("\n");
    }

    [Fact]
    public async Task Verify_WithoutTheStoreAfterwards_SaysWhereLiveEventsComeFrom()
    {
        using var fixture = EditedFixture.CopyOf("v0/message-live");
        fixture.Delete("store-after");

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.Notes.Should().ContainSingle().Which.Should().Contain("--agent echo").And.Contain("--target");
    }

    [Fact]
    public async Task Verify_ATargetThatHasTheConversationAlready_SaysSo()
    {
        using var store = new Recording("v0/message-live").CopyStoreAfter();
        await using var host = await GatewayHost.StartAsync(store);

        var result = await VerifyAsync(Verification.PathOf("v0/message-live"), host.Address, key: null);

        result.Notes.Should().Contain(static note => note.Contains("already has conversation"));
    }

    [Fact]
    public async Task Verify_AListThatHasGrownTooOld_IsNoDifference()
    {
        using var store = new Recording("v0/ui-home-list").CopyStore();
        await using var host = await GatewayHost.StartAsync(store, "HttpApi:RateLimit=false");

        var result = await VerifyAsync(Verification.PathOf("v0/ui-home-list"), host.Address, key: null);

        result.Differences.Should().NotContain(static difference => difference.Pointer.StartsWith("/results"));
        result.Intended.Should().ContainKey("too-old-by-now");
    }

    [Fact]
    public async Task Verify_ATargetWithAnotherAgent_OffersReplayOnly()
    {
        using var store = new Recording("v0/message-live").CopyStore();
        await using var host = await GatewayHost.StartAsync(store);

        var result = await VerifyAsync(Verification.PathOf("v0/message-live"), host.Address, key: null);

        result.Differences.Should().NotBeEmpty();
        result.Notes.Should().ContainSingle().Which.Should().Contain("--replay-only");
    }

    private static async Task<FixtureResult> VerifyAsync(string path, Uri target, string? key)
    {
        var options = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, TimeSpan.FromSeconds(2), Jobs: 1) { Key = key };
        var results = await new Verifier(new UrlTarget(target), options, TimeProvider.System)
            .RunAsync(FixtureLoader.LoadAll([path]), static _ => { }, CancellationToken.None).WaitAsync(TestLimits.Slow);
        return results.Single();
    }
}
