using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations;

/// <summary>What becomes of a client's <c>oh_user_action</c> and <c>oh_action</c>.</summary>
public sealed class ActionTests
{
    private const string Hello =
        """{"action":"message","args":{"content":"hello","timestamp":"2020-01-01T00:00:00Z"},"source":"agent","timestamp":"x"}""";

    [Theory]
    [InlineData("oh_user_action")]
    [InlineData("oh_action")]
    public async Task Act_GoodAction_IsStoredAndShownToTheRoomAndAcknowledged(string name)
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments of an action are left out of the event: timestamp");
        var client = await rig.JoinAsync();
        var other = await rig.JoinAsync();

        await client.ActAsync(Hello, ack: 7, name);

        (await ReadSetAsync(client, 2)).Should().BeEquivalentTo(["0", "ACK 7[]"]);
        (await other.ReadAsync()).Should().Be("0");
        var stored = rig.Stored(0);
        stored["source"]?.ToString().Should().Be("user");
        stored["args"]?["content"]?.ToString().Should().Be("hello");
        stored["args"]?["timestamp"].Should().BeNull();
        stored.Value<DateTime>("timestamp").Year.Should().Be(2026);
    }

    [Fact]
    public async Task Act_NotStoredYet_IsNotAcknowledged()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        var client = await rig.JoinAsync();
        var storing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Store.BeforeAppend = _ =>
        {
            reached.TrySetResult();
            return storing.Task;
        };
        var handed = client.MessageCount;
        await client.ActAsync(Hello, ack: 1);
        await reached.Task.WaitAsync(TestLimits.Step);

        client.MessageCount.Should().Be(handed);
        storing.SetResult();

        (await ReadSetAsync(client, 2)).Should().BeEquivalentTo(["0", "ACK 1[]"]);
    }

    [Theory]
    [InlineData("\"hello\"")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"action":"made_up","args":{}}""")]
    [InlineData("""{"action":"message"}""")]
    [InlineData("""{"action":"message","args":[]}""")]
    [InlineData("""{"action":"message","args":{"content":5}}""")]
    [InlineData("""{"action":"message","args":{"content":"x"},"id":3}""")]
    public async Task Act_BadAction_IsAnsweredToItsSenderAloneAndNotStored(string payload)
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        var other = await rig.JoinAsync();

        await client.ActAsync(payload, ack: 3);

        var answer = await client.ReadRawAsync();
        Packets.Show(answer).Should().StartWith("error: ");
        var ack = await client.ReadRawAsync();
        ack.Should().StartWith("33[");
        JToken.DeepEquals(JArray.Parse(ack[2..]), new JArray(Packets.Event(answer))).Should().BeTrue();
        rig.IsStored(0).Should().BeFalse();
        await client.ActAsync("""{"action":"message","args":{"content":"good"}}""");
        (await other.ReadAsync()).Should().Be("0");
    }

    [Fact]
    public async Task Act_NoArgumentOrUnknownEvent_StoresNothing()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();

        await client.SendAsync("21[\"oh_user_action\"]");
        (await client.ReadAsync()).Should().StartWith("error: ");
        (await client.ReadAsync()).Should().StartWith("ACK 1[{");
        await client.SendAsync("22[\"join\",{\"action\":\"message\",\"args\":{\"content\":\"x\"}}]");
        await client.ActAsync("""{"action":"message","args":{"content":"good"}}""");

        (await client.ReadAsync()).Should().Be("0");
        rig.Stored(0)["args"]?["content"]?.ToString().Should().Be("good");
    }

    [Fact]
    public async Task Act_BeforeTheConnectAnswer_IsStoredAfterIt()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        await rig.StoreMessagesAsync(60);
        var client = await rig.ConnectAsync(reads: false);
        await client.IsWaitedFor;
        await client.ActAsync(Hello, ack: 1);

        client.StartReading();

        var shown = await client.ReadThroughAsync("CONNECT");
        shown.Should().HaveCount(61);
        (await ReadSetAsync(client, 2)).Should().BeEquivalentTo(["60", "ACK 1[]"]);
    }

    [Fact]
    public async Task Act_ClientLeavesAtOnce_IsStored()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        await rig.StoreMessagesAsync(60);
        var witness = await rig.JoinAsync();
        var client = await rig.ConnectAsync(reads: false);
        await client.IsWaitedFor;
        await client.ActAsync(Hello);

        client.Drop();

        (await witness.ReadAsync()).Should().Be("60");
        rig.Stored(60)["args"]?["content"]?.ToString().Should().Be("hello");
    }

    [Fact]
    public async Task Act_ClientLeavesAtOnce_LeavesNothingBehind()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(60);
        var client = await rig.ConnectAsync(reads: false);
        await client.IsWaitedFor;
        var conversation = await rig.Agent.Opened;

        client.Drop();

        await rig.Log.WaitForAsync("Left namespace /");
        await rig.CloseAsIdleAsync();
        conversation.ClientCount.Should().Be(0);
    }

    [Fact]
    public async Task Act_AnotherWriterHasTakenTheId_TheActionTakesTheNext()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        await rig.StoreMessagesAsync(2);
        var client = await rig.JoinAsync();
        await File.WriteAllTextAsync(rig.PathOf("events/2.json"),
            """{"id": 2, "source": "agent", "action": "message", "args": {"content": "theirs"}}""");

        await client.ActAsync(Hello, ack: 1);

        (await ReadSetAsync(client, 3)).Where(static text => text[0] != 'A').Should().Equal("2", "3");
        rig.Stored(2)["args"]?["content"]?.ToString().Should().Be("theirs");
        rig.Stored(3)["args"]?["content"]?.ToString().Should().Be("hello");
    }

    [Fact]
    public async Task Act_StoreFails_IsToldAndTheSessionGoesOn()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        rig.Log.Expect("Append failed");
        rig.Log.Expect("An action could not be stored");
        var client = await rig.JoinAsync();
        rig.Store.BeforeAppend = static _ => throw new IOException("disk full");

        await client.ActAsync(Hello, ack: 1);

        (await client.ReadAsync()).Should().Be("error: The action could not be stored; please send it again.");
        (await client.ReadAsync()).Should().StartWith("ACK 1[{");
        rig.Store.BeforeAppend = static _ => Task.CompletedTask;
        await client.ActAsync(Hello, ack: 2);
        (await ReadSetAsync(client, 2)).Should().BeEquivalentTo(["0", "ACK 2[]"]);
    }

    [Fact]
    public async Task Act_BackendRefuses_IsToldAndNotStored()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        rig.Agent.OnAccept = static _ => ActionDisposition.Refuse("not now");
        var client = await rig.JoinAsync();

        await client.ActAsync(Hello, ack: 1);

        (await client.ReadAsync()).Should().Be("error: not now");
        rig.IsStored(0).Should().BeFalse();
    }

    [Fact]
    public async Task Act_BackendTakesIt_IsAcknowledgedAndStoredByTheBackend()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        rig.Agent.OnAccept = static _ => ActionDisposition.Taken;
        var client = await rig.JoinAsync();

        await client.ActAsync(Hello, ack: 1);

        (await client.ReadAsync()).Should().Be("ACK 1[]");
        rig.IsStored(0).Should().BeFalse();
    }

    [Fact]
    public async Task Act_BackendFailsOnAStoredAction_TheRoomIsToldAndTheSessionGoesOn()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        rig.Log.Expect("the agent failed on event");
        rig.Agent.OnStored = static _ => throw new InvalidOperationException("agent");
        var client = await rig.JoinAsync();
        var other = await rig.JoinAsync();

        await client.ActAsync(Hello);
        await client.ActAsync(Hello);

        (await other.ReadThroughAsync("1")).Should().Equal("0", "error: The agent could not take the action; it is stored.", "1");
    }

    [Fact]
    public async Task Act_TooMuchWaitsForTheBackend_TheRoomIsToldAndNothingIsAnError()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        rig.Agent.OnStored = static _ => new(false);
        var client = await rig.JoinAsync();

        await client.ActAsync(Hello);
        await client.ActAsync(Hello);

        const string told = "error: The agent could not take the action; it is stored.";
        var seen = new[] { await client.ReadAsync(), await client.ReadAsync(), await client.ReadAsync(), await client.ReadAsync() };
        seen.Should().BeEquivalentTo("0", told, "1", told);
    }

    [Fact]
    public async Task Act_BackendFailsToAccept_IsToldAndTheSessionGoesOn()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Unknown arguments");
        rig.Log.Expect("An action could not be stored");
        rig.Agent.OnAccept = static _ => throw new InvalidOperationException("agent");
        var client = await rig.JoinAsync();

        await client.ActAsync(Hello, ack: 1);

        (await client.ReadAsync()).Should().StartWith("error: ");
        (await client.ReadAsync()).Should().StartWith("ACK 1[{");
        rig.Agent.OnAccept = static _ => ActionDisposition.Store;
        await client.ActAsync(Hello);
        (await client.ReadAsync()).Should().Be("0");
    }

    [Fact]
    public async Task Act_GoodAction_IsShownToTheBackendAsStored()
    {
        await using var rig = new ConversationRig();
        var told = new TaskCompletionSource<StoredEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Agent.OnStored = stored =>
        {
            told.TrySetResult(stored);
            return new(true);
        };
        var client = await rig.JoinAsync();

        await client.ActAsync("""{"action":"change_agent_state","args":{"agent_state":"stopped"}}""");

        var seen = await told.Task.WaitAsync(TestLimits.Step);
        (seen.Id, seen.Header.Kind, seen.Header.Source).Should().Be((0, EventKind.ChangeAgentStateAction, EventSource.User));
    }

    private static async Task<List<string>> ReadSetAsync(FakeClient client, int count)
    {
        var shown = new List<string>();
        while (shown.Count < count)
        {
            shown.Add(await client.ReadAsync());
        }

        return shown;
    }
}
