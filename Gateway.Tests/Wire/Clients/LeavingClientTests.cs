using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>Clients that say one thing and go, as back ends of web sites do: what they said is kept, and others see it.</summary>
public sealed class LeavingClientTests
{
    private const string Conversation = "left-at-once";

    [Theory]
    [InlineData(0, "websocket")]
    [InlineData(500, "websocket")]
    [InlineData(0, "polling")]
    [InlineData(500, "polling")]
    public async Task Action_OfAClientThatLeaves_IsKeptAndSeen(int afterMs, string transport)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        await using var observer = await ObserveAsync(host, Conversation, storedCount: 0);
        await using var client = DriverClient.Node(visit => DriverCommands.JavaScriptConnect(
            visit, new JObject { ["transports"] = new JArray(transport) }));

        await client.ConnectAsync(new Visit(host.Address, Conversation));
        await client.ReadAsync("connect");
        await client.CommandAsync(new JObject
        {
            ["do"] = "emitAndLeave",
            ["name"] = "oh_user_action",
            ["payload"] = Actions.Message("Gone already"),
            ["afterMs"] = afterMs,
        });
        var seen = await observer.ReadAsync("event");

        seen["event"].Value<string>("message").Should().Be("Gone already");
        store.Events(Conversation).Should().ContainSingle().Which.Value.Value<string>("source").Should().Be("user");
    }

    [Fact]
    public async Task Action_BeforeTheConnectAnswerOfAClientThatLeavesAtOnce_IsKeptAndSeen()
    {
        using var store = Recording.Named("replay-many-pages").CopyStore();
        var conversation = store.Conversations().Single();
        var stored = ReplayRules.Apply(store.Events(conversation));
        await using var host = await GatewayHost.StartAsync(store);
        await using var observer = await ObserveAsync(host, conversation, stored.Count);

        using (var client = await RawEngineClient.OpenAsync(host.Address.Port, "/socket.io/", $"&conversation_id={conversation}"))
        {
            await client.SendTextAsync("40");
            await client.SendTextAsync($"42[\"oh_user_action\",{Actions.Message("In a hurry")}]");
            await client.SendFrameAsync(RawEngineClient.Close, new byte[] { 0x03, 0xE8 });

            // Closed with the replay unread, the connection would be reset, and with it may go what the server has not read yet.
            await client.ReadToEndAsync();
        }

        var seen = await observer.ReadAsync("event");

        seen["event"].Value<string>("message").Should().Be("In a hurry");
        store.Events(conversation).Should().ContainKey(stored[^1].Id + 1);
    }

    private static async Task<HandWrittenClient> ObserveAsync(GatewayHost host, string conversation, int storedCount)
    {
        var observer = new HandWrittenClient([]);
        await observer.ConnectAsync(new Visit(host.Address, conversation));
        await observer.ReadEventsAsync(storedCount);
        return observer;
    }
}
