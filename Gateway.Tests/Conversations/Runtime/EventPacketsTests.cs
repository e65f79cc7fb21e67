using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.SocketIO;
using Gateway.Tests.Conversations.Support;

namespace Gateway.Tests.Conversations.Runtime;

public sealed class EventPacketsTests
{
    // Python's spacing and escapes, which must come through byte for byte.
    private const string AgentMessage =
        """{"id": 3, "timestamp": "2026-01-01T00:00:00.100000", "source": "agent", "message": "\u00e9 1.0", "action": "message", "args": {"content": "\u00e9", "n": 1.0}}""";

    private const string EnvironmentRun =
        """{"id": 4, "source" :  "environment", "observation": "run", "content": "source: environment", "extras": {"metadata": {}}}""";

    private const string EnvironmentState =
        """{"id": 5, "observation": "agent_state_changed", "content": "", "extras": {"agent_state": "running"}, "source": "environment"}""";

    private const string EnvironmentAction =
        """{"id": 6, "source": "environment", "message": "Agent state changed to AgentState.RUNNING", "action": "change_agent_state", "args": {"agent_state": "running"}}""";

    [Theory]
    [InlineData(AgentMessage, AgentMessage)]
    [InlineData(EnvironmentRun,
        """{"id": 4, "source" :  "agent", "observation": "run", "content": "source: environment", "extras": {"metadata": {}}}""")]
    [InlineData(EnvironmentState,
        """{"id": 5, "observation": "agent_state_changed", "content": "", "extras": {"agent_state": "running"}, "source": "agent"}""")]
    [InlineData(EnvironmentAction, null)]
    [InlineData("""{"source": "agent", "observation": "null"}""", null)]
    [InlineData("""{"action": "message", "args": {"content": ""}}""", """{"action": "message", "args": {"content": ""}}""")]
    public void Live_AnEvent_IsTheSameBytesBothWays(string json, string? expected)
    {
        var stored = Stored(json);
        var batch = new PreparedEventBatch(EventPackets.EventName);

        var single = EventPackets.Live(stored);
        var added = EventPackets.AddLive(batch, stored);

        added.Should().Be(expected is not null);
        (single is { } prepared ? Text(prepared) : null).Should().Be(expected is null ? null : $"2[\"oh_event\",{expected}]");
        Texts(batch).Should().Equal(expected is null ? [] : [$"2[\"oh_event\",{expected}]"]);
    }

    [Theory]
    [InlineData(AgentMessage)]
    [InlineData(EnvironmentRun)]
    [InlineData(EnvironmentState)]
    public void AddReplayed_AnEvent_IsAsStored(string json)
    {
        var batch = new PreparedEventBatch(EventPackets.EventName);

        EventPackets.AddReplayed(batch, Stored(json));

        Texts(batch).Should().Equal($"2[\"oh_event\",{json}]");
    }

    [Fact]
    public void AddReplayed_StateActionOfTheEnvironment_HasTheMessageThatV0MakesAnew()
    {
        var batch = new PreparedEventBatch(EventPackets.EventName);

        EventPackets.AddReplayed(batch, Stored(EnvironmentAction));

        var shown = Packets.Event(Texts(batch).Should().ContainSingle().Subject);
        shown["message"]?.ToString().Should().Be("Agent state changed to running");
        shown["source"]?.ToString().Should().Be("environment");
    }

    [Fact]
    public void AddLive_LegacyEventOfTheEnvironment_IsRewrittenAndOfTheAgent()
    {
        var legacy = Stored("""{"id": 7, "observation": "run", "content": "", "extras": {"exit_code": 3, "command": "ls"}, "source": "environment"}""");
        legacy.Header.NeedsRewrite.Should().BeTrue();
        var batch = new PreparedEventBatch(EventPackets.EventName);

        EventPackets.AddLive(batch, legacy);

        var shown = Packets.Event(Texts(batch).Should().ContainSingle().Subject);
        shown["source"]?.ToString().Should().Be("agent");
        shown["extras"]?["metadata"]?["exit_code"]?.ToString().Should().Be("3");
    }

    [Fact]
    public void TransientMessage_AnObject_IsOneArgumentOfTheEvent()
    {
        var packet = Text(EventPackets.TransientMessage(TransientMessages.Error("no \"such\" thing\n")));

        packet.Should().StartWith("2[\"oh_event\",{\"error\": true");
        Packets.Show(packet).Should().Be("error: no \"such\" thing\n");
    }

    private static StoredEvent Stored(string json) => StoredEvent.Scan(0, Encoding.UTF8.GetBytes(json));

    private static List<string> Texts(PreparedEventBatch batch) => [.. batch.Build().ToArray().Select(Text)];

    private static string Text(PreparedEvent prepared) => Encoding.UTF8.GetString(prepared.Packet.Span);
}
