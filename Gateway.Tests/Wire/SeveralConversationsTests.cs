using Gateway.Operations.Operators;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>Conversations that share a connection, each in its namespace: as connections of their own, and fair to one another.</summary>
public sealed class SeveralConversationsTests
{
    private const string SocketPath = "/socket.io/";
    private const string Key = "the-right-key";

    // 100 ms of a link of 5 Mbit/s.
    private const int BytesOf100Ms = 62_500;

    // The client may read on before the event's cursor has had its turn at the processor. Without fairness a megabyte is ahead.
    private const int BytesOnABusyMachine = 4 * BytesOf100Ms;

    [Fact]
    public async Task Replay_InANamespace_IsThatOfAConnectionOfItsOwn()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        var conversation = store.Conversations().Single();
        var last = store.Events(conversation).Keys.Max();
        await using var host = await GatewayHost.StartAsync(store);
        using var own = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath, $"&conversation_id={conversation}");
        using var shared = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath);

        await own.SendTextAsync("40");
        var expected = await own.ReadThroughAsync("40");
        await shared.SendTextAsync($"40/conversations/{conversation}");
        var replayed = await shared.ReadThroughAsync("40");
        await shared.SendTextAsync($"41/conversations/{conversation},");
        await shared.SendTextAsync($"40/conversations/{conversation},{{\"latest_event_id\":{last - 1}}}");
        var again = await shared.ReadThroughAsync("40");

        expected.Count.Should().BeGreaterThan(5);
        replayed.SkipLast(1).Should().Equal(expected.SkipLast(1).Select(packet => $"42/conversations/{conversation},{packet[2..]}"));
        replayed[^1].Should().StartWith($"40/conversations/{conversation},{{\"sid\":");
        again.SkipLast(1).Should().Equal(replayed.SkipLast(1).TakeLast(1));
    }

    [Fact]
    public async Task Actions_InTwoNamespacesAndTheMainOne_ReachTheirOwnConversationAlone()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        using var client = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath, "&conversation_id=main");
        foreach (var connect in new[] { "40", "40/conversations/one,", "40/conversations/two," })
        {
            await client.SendTextAsync(connect);
            (await client.ReadTextAsync()).Should().StartWith(connect);
        }

        foreach (var prefix in new[] { "", "/conversations/one,", "/conversations/two," })
        {
            await client.SendTextAsync($"42{prefix}7[\"oh_user_action\",{Message($"to {prefix}")}]");
            var seen = new[] { await ReadAsync(client), await ReadAsync(client) };
            seen.Should().Contain($"43{prefix}7[]");
            seen.Should().ContainSingle(packet => packet.StartsWith($"42{prefix}[\"oh_event\",{{", StringComparison.Ordinal))
                .Which.Should().Contain($"to {prefix}");
        }

        await client.SendTextAsync("42/conversations/one,8[\"oh_user_action\",{\"action\":\"nothing\"}]");
        (await ReadAsync(client)).Should().StartWith("42/conversations/one,[\"oh_event\",{\"error\": true, \"message\":");
        (await ReadAsync(client)).Should().StartWith("43/conversations/one,8[{\"error\": true,");
        store.Conversations().Should().Equal("main", "one", "two");
        store.Conversations().Should().OnlyContain(id => store.Events(id).Count == 1);

        var clients = host.Services.GetRequiredService<Snapshots>().Take().Clients;
        clients.Select(static one => one.Conversation?.Id.Value).Should().BeEquivalentTo("main", "one", "two");
        clients.Select(static one => one.Position).Should().OnlyContain(static position => position == 0);
    }

    [Theory]
    [InlineData("", "", "invalid_session_api_key")]
    [InlineData("", "{\"session_api_key\":\"wrong\"}", "invalid_session_api_key")]
    [InlineData("", "{\"session_api_key\":\"the-right-key\"}", null)]
    [InlineData("&session_api_key=the-right-key", "", null)]
    [InlineData("&session_api_key=the-right-key", "{\"kinds\":7}",
        "Invalid kinds: up to 100 names of actions and observations, as text with commas or as an array")]
    public async Task Connect_WithAndWithoutTheKey_IsAnsweredInItsNamespace(string query, string auth, string? refusal)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, $"SESSION_API_KEY={Key}");
        using var client = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath, query);

        await client.SendTextAsync($"40/conversations/one,{auth}");

        var expected = refusal is null ? "40/conversations/one,{\"sid\":"
            : $"44/conversations/one,{{\"message\":{JsonConvert.ToString(refusal)}}}";
        (await client.ReadTextAsync()).Should().StartWith(expected);
        host.Log.Lines.Should().NotContain(static line => line.Text.Contains(Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connect_PastTheLimits_IsRefusedAndTheOthersGoOn()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Conversations:MaxClientsPerConversation=1", "SocketIO:MaxNamespaces=2");
        using var client = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath);
        using var other = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath, "&conversation_id=one");

        await client.SendTextAsync("40/conversations/one,");
        (await client.ReadTextAsync()).Should().StartWith("40/conversations/one,{");
        await other.SendTextAsync("40");
        (await other.ReadTextAsync()).Should().Be("44{\"message\":\"The conversation has too many clients; close some of them\"}");
        await client.SendTextAsync("40/conversations/no%20id,");
        (await client.ReadTextAsync()).Should().Be("44/conversations/no%20id,{\"message\":\"Invalid conversation_id\"}");
        await client.SendTextAsync("40/conversations/two,");
        (await client.ReadTextAsync()).Should().StartWith("40/conversations/two,{");
        await client.SendTextAsync("40/conversations/three,");
        (await client.ReadTextAsync()).Should().Be("44/conversations/three,{\"message\":\"Too many namespaces on this connection\"}");

        await client.SendTextAsync($"42/conversations/one,[\"oh_user_action\",{Message("still here")}]");
        (await ReadAsync(client)).Should().Contain("still here");
        store.Conversations().Should().Equal("one", "two");
    }

    [Fact]
    public async Task Connect_WhereNamespacesAreOff_IsRefused()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Conversations:Namespaces=false");
        using var client = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath, "&conversation_id=one");

        await client.SendTextAsync("40/conversations/one,");
        (await client.ReadTextAsync()).Should().Be("44/conversations/one,{\"message\":\"Invalid namespace\"}");
        await client.SendTextAsync("40");
        (await client.ReadTextAsync()).Should().StartWith("40{");
    }

    [Fact]
    public async Task Event_OfAnotherConversation_IsNotHeldBackByALongReplay()
    {
        using var store = LongConversation();
        await using var host = await GatewayHost.StartAsync(store);
        using var client = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath, receiveBuffer: 8 * 1_024);
        using var actor = await JoinTalkAsync(host);
        await client.SendTextAsync("40/conversations/talk,");
        (await client.ReadTextAsync()).Should().StartWith("40/conversations/talk,{");
        await client.SendTextAsync("40/conversations/long,");
        var ahead = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            // Wherever the replay stands, the client does not read: all that can wait before the event does.
            for (var read = 0; read < 50; read++)
            {
                (await ReadAsync(client)).Should().StartWith("42/conversations/long,");
            }

            await ActAsync(actor, $"event {i}");
            var bytes = 0;
            for (var text = ""; !text.Contains($"event {i}", StringComparison.Ordinal); bytes += text.Length)
            {
                text = await client.ReadTextAsync();
            }

            ahead.Add(bytes);
        }

        ahead.Order().ElementAt(ahead.Count / 2).Should().BeLessThan(BytesOf100Ms, "{0} bytes came before", string.Join(", ", ahead));
        ahead.Max().Should().BeLessThan(BytesOnABusyMachine);
    }

    [Fact]
    public async Task Event_OverPolling_IsNotHeldBackByALongReplay()
    {
        using var store = LongConversation();
        await using var host = await GatewayHost.StartAsync(store);
        using var actor = await JoinTalkAsync(host);
        var sid = await RawEngineClient.OpenPollingAsync(host.Address.Port, SocketPath);
        (await RawEngineClient.PostAsync(host.Address.Port, sid, "40/conversations/talk,", SocketPath)).Text.Should().Be("ok");
        (await PollAsync()).Should().StartWith("40/conversations/talk,{");
        (await RawEngineClient.PostAsync(host.Address.Port, sid, "40/conversations/long,", SocketPath)).Text.Should().Be("ok");
        var first = await PollAsync();
        await ActAsync(actor, "the event");

        var ahead = first.Length;
        var largest = first.Length;
        for (var body = ""; !body.Contains("the event", StringComparison.Ordinal); ahead += body.Length)
        {
            body = await PollAsync();
            largest = Math.Max(largest, body.Length);
        }

        largest.Should().BeLessThan(BytesOf100Ms / 2, "an answer holds little");
        ahead.Should().BeLessThan(BytesOnABusyMachine);
        (await RawEngineClient.PostAsync(host.Address.Port, sid, "1", SocketPath)).Text.Should().Be("ok");

        async Task<string> PollAsync() => (await RawEngineClient.PollAsync(host.Address.Port, sid, SocketPath)).Text;
    }

    private static async Task<RawEngineClient> JoinTalkAsync(GatewayHost host)
    {
        var actor = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath, "&conversation_id=talk");
        await actor.SendTextAsync("40");
        (await actor.ReadTextAsync()).Should().StartWith("40");
        return actor;
    }

    // Returns when the event has been sent to clients.
    private static async Task ActAsync(RawEngineClient actor, string text)
    {
        await actor.SendTextAsync($"42[\"oh_user_action\",{Message(text)}]");
        (await ReadAsync(actor)).Should().Contain(text);
    }

    // But for the title that a conversation is given.
    private static async Task<string> ReadAsync(RawEngineClient client)
    {
        while (true)
        {
            var text = await client.ReadTextAsync();
            if (!text.Contains("status_update", StringComparison.Ordinal))
            {
                return text;
            }
        }
    }

    private static TempStore LongConversation()
    {
        var store = TempStore.Empty();
        Directory.CreateDirectory(store.PathOf("sessions", "long", "events"));
        for (var id = 0; id < 400; id++)
        {
            var json = new JObject
            {
                ["id"] = id,
                ["timestamp"] = "2025-01-01T00:00:00",
                ["source"] = "agent",
                ["message"] = "",
                ["action"] = "message",
                ["args"] = new JObject { ["content"] = new string('x', 4_000) },
            };
            File.WriteAllText(store.PathOf("sessions", "long", "events", $"{id}.json"), json.ToString(Formatting.None));
        }

        return store;
    }

    private static string Message(string text) => Clients.Actions.Message(text).ToString(Formatting.None);
}
