using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// V0's web UI loses its connection: its library reconnects by itself, with the id of the last event it has seen written into
/// the query, or the text <c>undefined</c> when it has seen none.
/// </summary>
public sealed class WebUiReconnectTests
{
    [Theory]
    [InlineData("websocket")]
    [InlineData("polling")]
    public async Task Reconnect_AfterALostConnection_GivesOnlyWhatFollows(string transport)
    {
        using var store = Recording.Named("replay-full").CopyStore();
        var conversation = store.Conversations().Single();
        var stored = ReplayRules.Apply(store.Events(conversation));
        await using var host = await GatewayHost.StartAsync(store);
        await using var ui = WebUi(transport);
        await using var other = new HandWrittenClient([]);

        await ui.ConnectAsync(new Visit(host.Address, conversation));
        var first = await ui.ReadEventsAsync(stored.Count);
        await ui.CommandAsync(new JObject { ["do"] = "cut" });
        await ui.ReadAsync("disconnect");
        await other.ConnectAsync(new Visit(host.Address, conversation, stored[^1].Id));
        await other.EmitAsync(Actions.Message("While you were away"));
        var second = await ui.ReadEventsAsync(1);
        await other.EmitAsync(Actions.Message("Welcome back"));
        var third = await ui.ReadAsync("event");

        first.Should().Equal(stored.Select(static e => e.Id));
        second.Should().Equal(stored[^1].Id + 1);
        third["event"].Value<int>("id").Should().Be(stored[^1].Id + 2);
    }

    [Fact]
    public async Task Reconnect_WithNothingSeen_GivesEverything()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        await using var ui = WebUi("websocket");
        await using var other = new HandWrittenClient([]);

        await ui.ConnectAsync(new Visit(host.Address, "nothing-yet"));
        await ui.ReadAsync("connect");
        await ui.CommandAsync(new JObject { ["do"] = "cut" });
        await ui.ReadAsync("disconnect");
        await other.ConnectAsync(new Visit(host.Address, "nothing-yet"));
        await other.EmitAsync(Actions.Message("The first one"));
        var seen = await ui.ReadEventsAsync(1);

        seen.Should().Equal(0);
    }

    private static DriverClient WebUi(string transport) => DriverClient.Node(visit =>
    {
        var command = DriverCommands.JavaScriptConnect(
            visit, new JObject { ["transports"] = new JArray(transport), ["reconnectionDelay"] = 20, ["reconnectionDelayMax"] = 50 });
        command["followsLastId"] = true;
        return command;
    });
}
