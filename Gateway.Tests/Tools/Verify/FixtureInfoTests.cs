using Gateway.Tests.Support;
using Gateway.Tools.Verify.Compare;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Verify;

/// <summary>What a fixture says of itself in <c>fixture.json</c>: it excuses only that, and each use is counted.</summary>
public sealed class FixtureInfoTests
{
    [Fact]
    public async Task Verify_ADifferenceThatTheFixtureIgnores_IsCounted()
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        ChangeCommand(fixture);
        fixture.WriteInfo(new JObject { ["ignore"] = new JArray("/args/command") });

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.ShouldBeEqual();
        result.Intended.Should().Contain("fixture-ignore", 1);
    }

    [Fact]
    public async Task Verify_ADifferenceElsewhere_IsNotIgnored()
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        ChangeCommand(fixture);
        fixture.WriteInfo(new JObject { ["ignore"] = new JArray("/args/cwd", "/extras/*") });

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.Differences.Should().ContainSingle().Which.Pointer.Should().Be("/args/command");
    }

    [Theory]
    [InlineData("""{"ignored":["/args"]}""", "\"ignored\", which is not known")]
    [InlineData("""{"ignore":["args"]}""", "\"ignore\"")]
    [InlineData("""{"unordered":[[5,2]]}""", "\"unordered\"")]
    [InlineData("""{"workspace":"touch a"}""", "\"workspace\"")]
    [InlineData("""{"key":5}""", "\"key\"")]
    [InlineData("""{"changes":[{"at":"2026-11-24T16:50:21.592Z","path":"settings.json"}]}""", "\"changes\"")]
    [InlineData("[", "no JSON object")]
    public async Task Verify_WhatIsPassedOver_IsSaid(string info, string said)
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        File.WriteAllText(Path.Combine(fixture.Folder, "fixture.json"), info);

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.Notes.Should().ContainSingle().Which.Should().Contain("fixture.json").And.Contain(said);
    }

    [Fact]
    public async Task Verify_StepsThatOnlyWordsTell_AreNamedBesideTheDifferences()
    {
        using var fixture = EditedFixture.CopyOf("v0/rest-create-repository");
        var info = (JObject)WireJson.Parse(File.ReadAllText(Path.Combine(fixture.Folder, "fixture.json")));
        info.Remove("changes");
        fixture.WriteInfo(info);

        var result = await Verification.WithRestAsync(fixture.Folder);

        result.Differences.Should().NotBeEmpty();
        result.Notes.Should().ContainSingle().Which.Should().Contain("\"changes\"").And.Contain("secrets.json without a token");
    }

    [Theory]
    [InlineData(9, 10, true)]
    [InlineData(10, 12, false)]
    public async Task Verify_EventsInAnotherOrder_AreExcusedWithinTheWindowAlone(int from, int to, bool isExcused)
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        fixture.WriteInfo(new JObject { ["unordered"] = new JArray { new JArray(from, to) } });
        string? held = null;

        var result = await Verification.RunAsync(fixture.Folder, new FaultyTargets(packet =>
        {
            if (packet.StartsWith("42[\"oh_event\",", StringComparison.Ordinal) && WireJson.Parse(packet[2..])[1]?.Value<int>("id") == 9)
            {
                held = packet;
                return [];
            }

            var late = held;
            held = null;
            return late is null ? [packet] : [packet, late];
        }));

        result.Intended.ContainsKey("fixture-unordered").Should().Be(isExcused);
        result.Differences
            .Select(static difference => difference.Kind)
            .Should()
            .BeEquivalentTo(isExcused ? [] : new[] { DifferenceKind.Order });
    }

    private static void ChangeCommand(EditedFixture fixture)
    {
        var message = fixture
            .Messages()
            .First(static one => one.Value<string>("data")?.Contains("\"action\":\"run\"", StringComparison.Ordinal) == true);
        var packet = (JArray)WireJson.Parse(message.Value<string>("data")?[2..] ?? "");
        packet[1]["args"]!["command"] = "something else";
        message["data"] = "42" + packet.ToString(Newtonsoft.Json.Formatting.None);
        fixture.Save();
    }
}
