using Gateway.Tests.Support;

namespace Gateway.Tests.Tools.Verify;

/// <summary>V0's REST as it was recorded, alone and as its web UI calls it, is what the program answers.</summary>
public sealed class RestRecordingsTests
{
    public static TheoryData<string> Recordings => [.. Verification.RestFixtures()];

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Verify_WithRest_IsEqual(string name)
    {
        var result = await Verification.WithRestAsync(Verification.PathOf(name));

        result.ShouldBeEqual();
        result.ShouldUseOnlyRulesThatReadinessNames(name);
        result.RestCalls.Should().BePositive();
    }

    /// <summary>Recordings of sockets hold a call or two as well, of early servers too.</summary>
    [Theory]
    [InlineData("v0/too-many-conversations")]
    [InlineData("v0/new-conversation")]
    [InlineData("v0-0.40/new-conversation")]
    public async Task Verify_ARecordingOfSocketsWithItsCalls_IsEqual(string name)
    {
        var result = await Verification.WithRestAsync(Verification.PathOf(name));

        result.ShouldBeEqual();
        result.RestCalls.Should().BePositive();
    }
}
