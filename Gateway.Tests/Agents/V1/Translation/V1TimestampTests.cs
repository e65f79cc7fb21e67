using Gateway.Agents.V1.Translation;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>Distances of V1's times: the same whatever zone this machine is in, and whatever offset they carry.</summary>
public sealed class V1TimestampTests
{
    [Theory]
    [InlineData("2026-08-22T10:00:00.000000", "2026-08-22T10:00:00.400000", false)]
    [InlineData("2026-08-22T10:00:00.000000", "2026-08-22T10:00:00.600000", true)]
    [InlineData("2026-08-22T10:00:00.000000Z", "2026-08-22T12:00:00.400000+02:00", false)]
    [InlineData("2026-08-22T10:00:00.000000Z", "2026-08-22T12:00:00.600000+02:00", true)]
    [InlineData("2026-08-22T10:00:00.000000-09:30", "2026-08-22T19:30:00.400000Z", false)]
    [InlineData("2026-08-22T10:00:00.000000", "2026-08-22T15:30:00.400000+05:30", false)]
    [InlineData("2026-08-22T10:00:00.000000", "2026-08-22T15:30:00.600000+05:30", true)]
    [InlineData("2026-03-29T01:59:59.900000", "2026-03-29T02:00:00.200000", false)]
    [InlineData("", "2026-08-22T10:00:00.600000", false)]
    [InlineData("2026-08-22T10:00:00.000000", "tomorrow", false)]
    public void IsPast_Times_AreComparedInUtc(string since, string now, bool expected) =>
        V1Timestamp.IsPast(since, now, TimeSpan.FromMilliseconds(500)).Should().Be(expected);

    [Theory]
    [InlineData("Asia/Kolkata", "05:30:00")]
    [InlineData("America/New_York", "-05:00:00")]
    public async Task IsPast_OnAMachineInAnotherZone_SaysTheSame(string zone, string offset)
    {
        string[] times =
        [
            "2026-08-22T10:00:00", "2026-08-22T10:00:00.400000Z",
            "2026-08-22T10:00:00Z", "2026-08-22T10:00:01",
            "2026-08-22T10:00:00", "2026-08-22T12:00:00.400000+02:00",
            // The clocks of New York leave out this hour.
            "2026-03-08T01:59:59.800000", "2026-03-08T02:00:00.100000",
        ];
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

        await using var process = ProcessRunner.Start(
            dotnet,
            ["exec", typeof(PrintTimestamps).Assembly.Location, PrintTimestamps.Argument, .. times],
            environment: new Dictionary<string, string> { ["TZ"] = zone });
        var output = await process.Lines.ReadAllAsync().ToListAsync().AsTask().WaitAsync(TestLimits.Step);

        output.Should().Equal(offset, "False", "True", "False", "False");
    }

    [Fact]
    public void Translate_ActionThatIsHeld_IsReleasedByTimesWithOffsets()
    {
        var v1 = new V1Event();
        var log = new TranslatedLog("AlwaysConfirm");
        var action = v1.Action("TerminalAction", "\"command\":\"ls\"");
        action["timestamp"] = "2026-08-22T10:00:00";
        var early = v1.Update("stats", "{}");
        early["timestamp"] = "2026-08-22T12:00:00.400000+02:00";
        var late = (JObject)early.DeepClone();
        late["timestamp"] = "2026-08-22T12:00:00.600000+02:00";

        log.Add(action, early).Words.Should().BeEmpty();
        log.Add(late).Words.Should().Equal("run");
    }
}
