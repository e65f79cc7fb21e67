using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Rules;

namespace Gateway.Tests.Tools.Verify.Rules;

public sealed class IntendedDifferencesTests
{
    [Fact]
    public void Rules_All_HaveANameAndAReasonOfTheirOwn()
    {
        var rules = IntendedDifferences.For(FixtureInfo.None);

        rules.Select(static rule => rule.Name)
            .Should()
            .OnlyHaveUniqueItems().And
            .AllSatisfy(static name => name.Should().MatchRegex("^[a-z0-9]+(-[a-z0-9]+)*$"));
        rules.Select(static rule => rule.Reason)
            .Should()
            .OnlyHaveUniqueItems().And
            .AllSatisfy(static reason => reason.Should().MatchRegex(@"^[A-Z].+\.$"));
    }

    // What V0 does by accident (PROTOCOL.md, "V0 accidents"), each where a recording shows it.
    [Theory]
    [InlineData("given-twice", "v0/message-live")]
    [InlineData("id-order", "v0/confirmation")]
    [InlineData("live-timeout", "v0/two-clients")]
    [InlineData("live-source", "v0/refusals")]
    [InlineData("left-out-of-replay", "v0/refusals")]
    [InlineData("state-place", "v0/server-restart")]
    [InlineData("known-to-client", "v0/replay-from-id")]
    [InlineData("connect-answered", "v0/corrupt-event")]
    [InlineData("connect-answered", "v0/key-refusals")]
    [InlineData("refused-id", "v0/refusals")]
    [InlineData("bad-action-answered", "v0/bad-actions")]
    [InlineData("disconnect-closes", "v0/too-many-conversations")]
    [InlineData("stopped-before-disconnect", "v0/too-many-conversations")]
    [InlineData("malformed-closes", "v0/raw-cli")]
    [InlineData("http-error-form", "v0/raw-cli")]
    [InlineData("connect-error-object", "v0/raw-cli")]
    [InlineData("later-arguments", "v0-0.40/message-live")]
    [InlineData("announced-limits", "v0-0.40/replay-full")]
    public async Task Classify_WhatV0DoesByAccident_IsNamedAndCounted(string rule, string name)
    {
        var result = await Verification.InProcessAsync(Verification.PathOf(name));

        result.ShouldBeEqual();
        result.Intended.Should().ContainKey(rule).WhoseValue.Should().BePositive();
    }

    [Fact]
    public async Task Classify_WithoutAccidents_CountsNone()
    {
        var result = await Verification.InProcessAsync(Verification.PathOf("v0/replay-full"));

        result.Intended.Values.Sum().Should().BeLessThan(result.Frames);
        result.Intended.Keys.Should().NotContain("id-order").And.NotContain("live-source");
    }
}
