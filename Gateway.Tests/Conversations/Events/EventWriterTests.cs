using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Events;

public class EventWriterTests
{
    private readonly EventWriter _writer =
        new(new FixedClock(new DateTimeOffset(2026, 11, 21, 9, 44, 38, 448, 511, TimeSpan.FromHours(2))));

    public static TheoryData<string> Names() => [.. Recording.WithStore()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Write_PartsOfARecordedEvent_GivesTheRecordedBytes(string name)
    {
        foreach (var file in new Recording(name).EventFiles())
        {
            var recorded = File.ReadAllBytes(file);
            if (EventScanner.Scan(recorded, out var header, out var id) != ScanStatus.Ok)
            {
                continue;
            }

            JsonTree.TryReadObject(recorded, out var parts).Should().BeTrue();
            parts.Remove("id");
            parts.Remove("source");

            // Made anew, all but the message of the server's own state changes (PROTOCOL.md, "V0 stored and shown").
            if (!header.NeedsRewrite)
            {
                parts.Remove("message");
                parts.Remove("success");
            }

            var written = _writer.Write(id, header.Source, parts);
            Encoding.UTF8.GetString(written.Json.Span).Should().Be(Encoding.UTF8.GetString(recorded), file);
            written.Header.Should().Be(header, file);
        }
    }

    [Fact]
    public void Write_ClientsMessage_IsWhatV0Stores()
    {
        var payload = """[{"action":"message","args":{"content":"still here?","image_urls":[],"file_urls":[],"timestamp":"2026-11-21T09:44:38.448Z"}}"""u8;
        var accepted = ActionPayload
            .CheckFirst(payload, new ConversationsOptions().ActionLimits)
            .Should()
            .BeOfType<ActionPayloadResult.Accepted>().Subject;

        var json = _writer.Write(4, EventSource.User, accepted.Body);

        Encoding.UTF8.GetString(json.Json.Span).Should().Be(
            """{"id": 4, "timestamp": "2026-11-21T09:44:38.448511", "source": "user", "message": "still here?", "action": "message", "args": """
            + """{"content": "still here?", "file_urls": [], "image_urls": [], "wait_for_response": false, "security_risk": -1}}""");
    }

    [Fact]
    public void Write_DraftInAnyOrder_IsWrittenInV0sOrder()
    {
        var draft = new JObject
        {
            ["extras"] = new JObject { ["command"] = "ls", ["metadata"] = new JObject { ["exit_code"] = 1 }, ["hidden"] = false },
            ["content"] = "é",
            ["odd"] = 1,
            ["llm_metrics"] = null,
            ["tool_call_metadata"] = new JObject { ["function_name"] = "f" },
            ["observation"] = "run",
            ["cause"] = 5,
            ["source"] = "user",
            ["id"] = 99,
        };

        var json = _writer.Write(6, EventSource.Agent, draft);

        Encoding.UTF8.GetString(json.Json.Span).Should().Be(
            """{"id": 6, "timestamp": "2026-11-21T09:44:38.448511", "source": "agent", "message": "Command `ls` executed with exit code 1.", "cause": 5,"""
            + """ "observation": "run", "tool_call_metadata": {"function_name": "f"}, "content": "\u00e9", "extras": {"command": "ls", "metadata": """
            + """{"exit_code": 1}, "hidden": false}, "success": false}""");
    }

    [Theory]
    [InlineData(0, "2026-11-21T09:44:38")]
    [InlineData(9, "2026-11-21T09:44:38")]
    [InlineData(10, "2026-11-21T09:44:38.000001")]
    [InlineData(9_999_999, "2026-11-21T09:44:38.999999")]
    public void Timestamp_Fraction_IsOmittedOnlyWhenZero(int ticks, string expected)
    {
        EventWriter.Timestamp(new DateTime(2026, 11, 21, 9, 44, 38).AddTicks(ticks)).Should().Be(expected);
    }

    /// <summary>A clock that stands, in a zone two hours east.</summary>
    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } =
            TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), "test", "test");

        public override DateTimeOffset GetUtcNow() => now.ToUniversalTime();
    }
}
