using Gateway.Tests.Support;
using Gateway.Tools.Verify;

namespace Gateway.Tests.Tools.Verify;

/// <summary>Every committed recording of a V0 server is green in this process.</summary>
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
}
