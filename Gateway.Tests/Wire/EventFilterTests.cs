using Gateway.Conversations.Runtime;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>Clients that want few kinds of event: what they get, and that they have everything all the same.</summary>
public sealed class EventFilterTests
{
    private const string SocketPath = "/socket.io/";
    private const string Conversation = "filtered";
    private const string HasId = "\"oh_event\",{\"id\": ";

    private static readonly string[] s_log =
    [
        "action:message", "observation:agent_state_changed", "action:run", "observation:run", "action:think", "observation:agent_state_changed",
        "action:run", "observation:run", "action:recall", "action:tomorrow",
    ];

    [Theory]
    [InlineData("run", -1, "2 3 6 7")]
    [InlineData("observation:run", -1, "3 7")]
    [InlineData("observation:run", 3, "7")]
    [InlineData("observation:run", 7, "")]
    [InlineData("agent_state_changed,action:think", -1, "4 5")]
    [InlineData("action:recall", -1, "")]
    [InlineData("tomorrow", 1, "9")]
    [InlineData("", -1, "0 2 3 4 5 6 7 9")]
    public async Task Replay_OfSomeKinds_IsThePartOfTheWholeThatIsWanted(string kinds, int latestEventId, string expected)
    {
        using var store = Store();
        await using var host = await GatewayHost.StartAsync(store);
        var seen = new List<string>();

        await SeeAsync($"&conversation_id={Conversation}&latest_event_id={latestEventId}&kinds={kinds}", "40");
        await SeeAsync($"&conversation_id={Conversation}&latest_event_id={latestEventId}", $"40{{\"kinds\":\"{kinds}\"}}");
        var array = new JArray(kinds.Split(','));
        await SeeAsync("", $"40/conversations/{Conversation},{{\"latest_event_id\":{latestEventId},\"kinds\":{array.ToString(Formatting.None)}}}");

        seen.Should().Equal(expected, expected, expected);

        async Task SeeAsync(string query, string connect)
        {
            using var client = await RawEngineClient.OpenAsync(host.Address.Port, SocketPath, query);
            await client.SendTextAsync(connect);
            var replayed = await client.ReadThroughAsync("40");
            seen.Add(string.Join(' ', replayed.SkipLast(1).Select(IdOf)));
        }
    }

    [Fact]
    public async Task Live_SomeKinds_ComeWithWhatHasNoIdAndTheOthersAreCountedAsHad()
    {
        using var store = Store();
        await using var host = await GatewayHost.StartAsync(store, "Agent=echo");
        using var client = await RawEngineClient.OpenAsync(
            host.Address.Port, SocketPath, $"&conversation_id={Conversation}&latest_event_id=9&kinds=observation:run");
        using var other = await RawEngineClient.OpenAsync(
            host.Address.Port, SocketPath, $"&conversation_id={Conversation}&latest_event_id=9");
        await client.SendTextAsync("40");
        (await client.ReadTextAsync()).Should().StartWith("40{");
        await other.SendTextAsync("40");
        await other.ReadThroughAsync("40");

        await client.SendTextAsync($"42[\"oh_user_action\",{Clients.Actions.Message("Say it").ToString(Formatting.None)}]");
        var all = await ReadTurnAsync(other);
        var wanted = all.Where(static text => text.Contains("\"observation\": \"run\"", StringComparison.Ordinal)).ToList();
        wanted.Should().NotBeEmpty();
        foreach (var text in wanted)
        {
            (await NextWithIdAsync(client)).Should().Be(text);
        }

        await client.SendTextAsync("42[\"oh_user_action\",{\"action\":\"nothing\"}]");
        (await client.ReadThroughAsync("42[\"oh_event\",{\"error\": true")).SkipLast(1)
            .Should().NotContain(static text => text.Contains(HasId, StringComparison.Ordinal));
        var session = host.Services.GetRequiredService<ConversationRegistry>().ListRunning().Single();
        await Eventually.IsTrueAsync(
            () => host.Services.GetRequiredService<Gateway.Operations.Operators.Snapshots>().Take().Clients
                .All(one => one.Position == session.Log.Head),
            "both clients have everything");
    }

    private static int IdOf(string packet) => JArray.Parse(packet[packet.IndexOf('[', StringComparison.Ordinal)..])[1].Value<int>("id");

    private static async Task<string> NextWithIdAsync(RawEngineClient client)
    {
        while (true)
        {
            var text = await client.ReadTextAsync();
            if (text.Contains(HasId, StringComparison.Ordinal))
            {
                return text;
            }
        }
    }

    // To the agent's answer and its last state.
    private static async Task<List<string>> ReadTurnAsync(RawEngineClient client)
    {
        var seen = new List<string>();
        while (!seen.Exists(static text => text.Contains("You said", StringComparison.Ordinal)))
        {
            seen.Add(await client.ReadTextAsync());
        }

        return seen;
    }

    private static TempStore Store()
    {
        var store = TempStore.Empty();
        Directory.CreateDirectory(store.PathOf("sessions", Conversation, "events"));
        foreach (var (id, type) in s_log.Index())
        {
            var (kind, name) = (type.Split(':')[0], type.Split(':')[1]);
            var json = new JObject
            {
                ["id"] = id,
                ["timestamp"] = "2025-01-01T00:00:00",
                ["source"] = "agent",
                ["message"] = "",
                [kind] = name,
                ["args"] = new JObject { ["content"] = "" },
                ["extras"] = new JObject { ["agent_state"] = "running" },
            };
            File.WriteAllText(store.PathOf("sessions", Conversation, "events", $"{id}.json"), json.ToString(Formatting.None));
        }

        return store;
    }
}
