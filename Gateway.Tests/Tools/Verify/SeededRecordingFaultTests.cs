using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Verify;

/// <summary>A fault in a recording itself is found, also where V0 says a thing twice, or a rule excuses something near it.</summary>
public sealed class SeededRecordingFaultTests
{
    [Fact]
    public async Task Verify_AReplayedEventOfWhichTheSecondCopyIsLeft_IsFound()
    {
        using var fixture = EditedFixture.CopyOf("v0/key-polling-refused");
        fixture.Messages(1)[fixture.PlaceOf(1, socket: 1)].Remove();

        var result = await VerifyAsync(fixture);

        var difference = result.Differences.Should().ContainSingle().Which;
        difference.Kind.Should().Be(DifferenceKind.Order);
        difference.What.Should().Contain("event 1 ").And.Contain("before the answer to CONNECT, the recording has it after");
    }

    [Fact]
    public async Task Verify_AnAnswerToConnectThatWasDropped_IsFound()
    {
        using var fixture = EditedFixture.CopyOf("v0/message-live");
        fixture.Messages()
            .First(static message => message.Value<string>("data")?.StartsWith("40{", StringComparison.Ordinal) == true)
            .Remove();

        var result = await VerifyAsync(fixture);

        result.Differences.Should().Contain(static difference =>
            difference.Kind == DifferenceKind.Answer && difference.What.EndsWith("recorded is nothing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_ASecondCopyThatIsAnother_IsFound()
    {
        using var fixture = EditedFixture.CopyOf("v0/message-live");
        var place = fixture.Messages().ToList().FindLastIndex(static message =>
            message.Value<string>("data")?.StartsWith("42[\"oh_event\",{\"id\":1,", StringComparison.Ordinal) == true);
        place.Should().BeGreaterThan(fixture.PlaceOf(1), "the recording has it twice");
        fixture.Messages()[place]["data"] = fixture.Data(place)
            .Replace("\"source\":\"agent\"", "\"source\":\"agentz\"", StringComparison.Ordinal);

        var result = await VerifyAsync(fixture);

        result.Differences.Should().ContainSingle().Which.What.Should().Contain("event 1 ").And.Contain("recorded twice");
    }

    [Fact]
    public async Task Verify_AFieldThatTheRecordingLacks_IsNoMatterOfTime()
    {
        using var fixture = EditedFixture.CopyOf("v0/rest-life-no-agent");
        var answer = fixture.Entries.OfType<JObject>()
            .Where(static entry => entry["request"]?.Value<string>("method") == "GET")
            .Select(static entry => (JObject)entry["response"]!["content"]!)
            .First(static content => content.Value<string>("text")?.Contains("num_connections", StringComparison.Ordinal) == true);
        var info = (JObject)WireJson.Parse(answer.Value<string>("text")!);
        info.Remove("num_connections");
        answer["text"] = info.ToString(Formatting.None);

        var result = await VerifyAsync(fixture);

        result.Differences.Should().ContainSingle().Which.What.Should().Contain("/num_connections: was not recorded");
    }

    /// <summary>A browser's recording: the page asks other servers too, and some addresses are no server's.</summary>
    [Theory]
    [InlineData("https://analytics.example.test/e/?ip=1", "went to another server")]
    [InlineData("data:image/png;base64,AAAA", "went to another server")]
    public async Task Verify_ACallToAnotherServer_IsSkipped(string url, string reason)
    {
        using var fixture = EditedFixture.CopyOf("v0/ui-not-found");
        AddCall(fixture, entry => entry["request"]!["url"] = url);

        var result = await VerifyAsync(fixture);

        result.ShouldBeEqual();
        result.Skipped.Should().Contain(call => call.Reason.Contains(reason));
    }

    [Fact]
    public async Task Verify_ABodyThatTheRecorderLeftOut_IsSkippedAndSaid()
    {
        using var fixture = EditedFixture.CopyOf("v0/ui-not-found");
        AddCall(fixture, static entry =>
        {
            entry["request"]!["method"] = "POST";
            entry["request"]!["postData"] = new JObject { ["mimeType"] = "multipart/form-data", ["comment"] = "no text, left out" };
        });

        var result = await VerifyAsync(fixture);

        result.ShouldBeEqual();
        result.Skipped.Should().ContainSingle(static call => call.Reason.Contains("left out what was sent"));
    }

    private static void AddCall(EditedFixture fixture, Action<JObject> change)
    {
        var call = (JObject)fixture.Entries
            .Last(static entry => entry["request"]?.Value<string>("url")?.Contains("/api/settings", StringComparison.Ordinal) == true)
            .DeepClone();
        change(call);
        fixture.Entries.Add(call);
    }

    private static Task<FixtureResult> VerifyAsync(EditedFixture fixture)
    {
        fixture.Save();
        return Verification.WithRestAsync(fixture.Folder);
    }
}
