using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.V1;

/// <summary>socket.io-client, through the whole gateway, against a V1 server: what a V0 user does and sees with a V1 agent.</summary>
public sealed class V1ConversationTests
{
    [Theory]
    [InlineData("v1/confirm", true)]
    [InlineData("v1-1.1/confirm", false)]
    public async Task Client_ConfirmsRejectsAndFinishes_SeesV0sOrder(string recording, bool isNew)
    {
        await using var stage = await V1Stage.StartAsync(recording, isNew, "AlwaysConfirm");
        await using var client = await stage.ConnectAsync();

        await client.UntilStateAsync("awaiting_user_input");
        await client.EmitAsync(Actions.Message("Fix it"));
        var first = await client.UntilAsync(static e => (string?)e["args"]?["confirmation_state"] == "awaiting_confirmation");
        for (var i = 0; i < 3; i++)
        {
            await client.EmitAsync(State("user_confirmed"));
            await client.UntilStateAsync("awaiting_user_confirmation");
        }

        if (isNew)
        {
            await client.EmitAsync(State("user_rejected"));
            await client.UntilStateAsync("awaiting_user_input");
            await client.EmitAsync(Actions.Message("Go on another way"));
        }
        else
        {
            await client.EmitAsync(Actions.Message("Go on another way"));
        }

        await client.UntilStateAsync("awaiting_user_confirmation");
        await client.EmitAsync(State("user_confirmed"));
        await client.UntilStateAsync("awaiting_user_confirmation");
        await client.EmitAsync(State("user_confirmed"));
        await client.UntilStateAsync("finished");

        ((string?)first["action"]).Should().Be("run");
        client.Events.Select(static e => (int)e["id"]!).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        var observed = client.Events.Where(static e => e["cause"] is not null && (string?)e["observation"] is not "error").ToList();
        observed.Should().OnlyContain(e => client.Events.Any(a => a["action"] != null && (int)a["id"]! == (int)e["cause"]!));
        client.Events.Should().ContainSingle(static e => (string?)e["action"] == "finish");
    }

    [Fact]
    public async Task Client_PausesResumesStopsAndGoesOn_SeesTheStates()
    {
        await using var stage = await V1Stage.StartAsync("v1/pause-resume", isNew: true, "NeverConfirm");
        await using var client = await stage.ConnectAsync();

        await client.UntilStateAsync("awaiting_user_input");
        await client.EmitAsync(Actions.Message("Count"));
        await client.UntilAsync(static e => (string?)e["observation"] == "run");
        await client.EmitAsync(State("paused"));
        await client.UntilStateAsync("paused");
        await client.EmitAsync(State("running"));
        await client.UntilStateAsync("running");
        await client.EmitAsync(State("stopped"));
        await client.UntilStateAsync("stopped");
        await client.EmitAsync(Actions.Message("Go on"));
        await client.UntilStateAsync("running");
        await client.UntilAsync(static e => (string?)e["content"] == "step 3 of 12");

        stage.Server.Calls.Select(static call => call.Split(' ')[0]).Should().Equal("/events", "/pause", "/run", "/interrupt", "/events");
    }

    [Fact]
    public async Task Client_ConnectsAgain_GetsTheSameIdsOnce()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, "NeverConfirm");
        await using var first = await stage.ConnectAsync();
        await first.UntilStateAsync("awaiting_user_input");
        await first.EmitAsync(Actions.Message("Hi"), wantsAck: true);
        await first.UntilAsync(static e => (string?)e["source"] == "agent" && (string?)e["action"] == "message");
        await first.UntilStateAsync("awaiting_user_input");

        await using var second = await stage.ConnectAsync();
        await second.UntilAsync(static e => (string?)e["source"] == "agent" && (string?)e["action"] == "message");

        var seen = first.Events.Where(static e => (string?)e["observation"] != "agent_state_changed").Select(static e => (int)e["id"]!);
        second.Events
            .Where(static e => (string?)e["observation"] != "agent_state_changed")
            .Select(static e => (int)e["id"]!)
            .Should()
            .Equal(seen);
    }

    [Fact]
    public async Task Client_UserTerminal_GetsItsObservation()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, "NeverConfirm");
        await using var client = await stage.ConnectAsync();
        await client.UntilStateAsync("awaiting_user_input");

        await client.EmitAsync(new JObject { ["action"] = "run", ["args"] = new JObject { ["command"] = "ls" } });

        var action = await client.UntilAsync(static e => (string?)e["action"] == "run");
        var observation = await client.UntilAsync(static e => (string?)e["observation"] == "run");
        ((int)observation["cause"]!).Should().Be((int)action["id"]!);
        ((string?)observation["content"]).Should().Be("out\n");
        ((string?)observation["source"]).Should().Be("user");
    }

    [Fact]
    public async Task Client_ConversationThatTheServerDoesNotKnow_IsRefused()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, "NeverConfirm");
        stage.Server.IsUnknown = true;
        await using var client = DriverClient.Node(static visit => DriverCommands.JavaScriptConnect(visit));

        await client.ConnectAsync(stage.Visit);

        var seen = await client.ReadAsync("refused");
        ((string?)seen["refused"]).Should().Be("Failed to join conversation");
    }

    /// <summary>As when V0 deletes a conversation that somebody has open: the client is told, and disconnected.</summary>
    [Fact]
    public async Task Client_ConversationDeletedAtV1_IsToldAndDisconnected()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, "NeverConfirm");
        await using var client = DriverClient.Node(static visit => DriverCommands.JavaScriptConnect(visit));
        await client.ConnectAsync(stage.Visit);
        await client.ReadAsync("connect");

        stage.Server.IsUnknown = true;

        ((string?)(await client.ReadAsync("disconnect"))["disconnect"]).Should().Be("io server disconnect");
        stage.Store.Conversations().Should().Equal([V1Stage.Id], "what V0's clients have seen stays");
    }

    [Fact]
    public async Task Client_ServerKilledAndBack_KeepsItsConnectionAndItsMessage()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, settings: "V1:RequestTimeout=00:00:01");
        await using var client = await stage.ConnectAsync();
        await client.UntilStateAsync("awaiting_user_input");

        stage.Server.IsDown = true;
        stage.Server.CutAll();
        var error = await client.UntilStateAsync("error");
        await client.EmitAsync(Actions.Message("Hi"));
        await client.UntilAsync(static e => e["id"] is JValue { Value: "STATUS$WAITING_FOR_AGENT_SERVER" });
        stage.Server.IsDown = false;
        await client.UntilAsync(static e => (string?)e["source"] == "agent" && (string?)e["action"] == "message");

        ((string?)error["extras"]!["reason"]).Should().Be("STATUS$ERROR_RUNTIME_DISCONNECTED");
        stage.Server.Calls.Count(static call => call.StartsWith("/events", StringComparison.Ordinal)).Should().Be(1);
    }

    [Fact]
    public async Task Clients_OfOneConversation_ShareOneConnectionThatClosesAfterTheSession()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, settings: "CloseDelay=00:00:00.100");
        stage.Server.Connections.Should().Be(0, "it opens with the first client");
        await using (var first = await stage.ConnectAsync())
        await using (var second = await WatchingClient
            .ConnectAsync(stage.Visit with { ConversationId = stage.Server.ConversationId.ToString("D") }))
        {
            await first.UntilStateAsync("awaiting_user_input");
            await first.EmitAsync(Actions.Message("Hi"));
            var answer = await second.UntilAsync(static e => (string?)e["source"] == "agent" && (string?)e["action"] == "message");

            stage.Server.Connections.Should().Be(1);
            stage.Server.OpenSockets.Should().Be(1);
            ((int)answer["id"]!).Should().Be(5);
        }

        await stage.Server.LastLeft.WaitAsync(TestLimits.Step);
        stage.Store.Conversations().Should().Equal(V1Stage.Id);
    }

    [Fact]
    public async Task Client_ConversationThatIsRefused_LeavesNothingInTheStore()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true);
        stage.Server.IsUnknown = true;
        await using var client = DriverClient.Node(static visit => DriverCommands.JavaScriptConnect(visit));

        await client.ConnectAsync(stage.Visit);
        await client.ReadAsync("refused");

        stage.Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Client_ConversationThatOnlyTheServerKnows_OpensWhereNoneIsCreated()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, settings: "CreateUnknown=false");
        stage.Server.Show();

        await using var client = await stage.ConnectAsync();
        await client.UntilAsync(static e => (string?)e["source"] == "agent" && (string?)e["action"] == "message");

        File.Exists(stage.Store.PathOf("sessions", V1Stage.Id, "metadata.json")).Should().BeTrue();
    }

    private static JObject State(string state) =>
        new() { ["action"] = "change_agent_state", ["args"] = new JObject { ["agent_state"] = state } };
}
