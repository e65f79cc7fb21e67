using Gateway.Cli;
using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tests.Tools.Verify;

/// <summary>With a web UI's folder its files are asked for as recorded: types, caching, conditions and ranges count.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class WebRootTests : IDisposable
{
    private const string Static = "v0/rest-static";
    private const string Page = "v0/ui-not-found";

    // The recorded one's size, which an answer in part tells.
    private const int ManifestBytes = 17_728;

    private readonly WebFolder _web = new();

    public WebRootTests()
    {
        File.WriteAllText(_web.PathOf("assets/manifest-0f54b3bf.js"), new string('x', ManifestBytes));
        File.WriteAllText(_web.PathOf("assets/entry.client-BhYnB2BU.js"), "");
        File.WriteAllText(_web.PathOf("robots.txt"), "User-agent: *");
        File.WriteAllBytes(_web.PathOf("favicon.ico"), [0, 0, 1, 0]);
    }

    public void Dispose() => _web.Dispose();

    [Theory]
    [InlineData(Static)]
    [InlineData(Page)]
    public async Task Verify_TheRecordedBuild_IsEqualAndNothingIsSkipped(string name)
    {
        var result = await VerifyAsync(name);

        result.ShouldBeEqual();
        result.Skipped.Should().BeEmpty();
        result.Intended.Should().NotContainKey("other-build");
    }

    [Fact]
    public async Task Verify_AFileMissing_IsFound()
    {
        File.Delete(_web.PathOf("locales/en/translation.json"));

        var result = await VerifyAsync(Page);

        result.Differences.Should().NotBeEmpty().And.AllSatisfy(static difference =>
            difference.What.Should().Contain("/locales/en/translation.json").And.Contain("content-type"));
    }

    [Fact]
    public async Task Verify_AnotherBuild_IsCountedAsOne()
    {
        File.Delete(_web.PathOf("assets/manifest-0f54b3bf.js"));

        var result = await VerifyAsync(Page);

        result.ShouldBeEqual();
        result.Intended.Should().ContainKey("other-build");
    }

    [Fact]
    public async Task Verify_WithoutTheFolder_SaysWhatWasSkipped()
    {
        var result = await Verification.WithRestAsync(Verification.PathOf(Page));

        result.Skipped.Should().NotBeEmpty().And.AllSatisfy(static call => call.Reason.Should().Be(SkippedCall.NoWebUi));
    }

    private Task<FixtureResult> VerifyAsync(string name) =>
        Verification.RunAsync(Verification.PathOf(name), new InProcessTargets(webRoot: _web.Root), withRest: true);
}
