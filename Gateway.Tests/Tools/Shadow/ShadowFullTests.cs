using System.Net;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Compare;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>
/// Mode <c>full</c>: the candidate's own agent does in a throw-away conversation what V0's did, and both are compared by shape.
/// </summary>
public sealed class ShadowFullTests
{
    private const string Settings = """{"llm_model":"openai/gpt-4o","llm_api_key":"not-a-real-key"}""";

    private const string LateRest = """
        42["oh_event",{"id":9999,"timestamp":"2025-03-01T10:00:00.000000","source":"environment","message":"","observation":"agent_state_changed","content":"","extras":{"agent_state":"awaiting_user_input","reason":""}}]
        """;

    private static readonly TimeSpan s_turnLimit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Full_TheSameAgent_IsEqualAndLeavesNothingBehind()
    {
        using var empty = StoreWithSettings();
        await using var candidate = await GatewayHost.StartAsync(empty, "Agent=echo");
        await using var stage = await StartAsync(candidate.Address, noise: null, s_turnLimit);

        await VisitAsync(stage);
        await stage.ComparedAsync(1);

        stage.Differences.Select(static group => group.Sample).Should().BeEmpty();
        stage.Shadow.Counters.Compared.Should().Be(1);
        stage.Shadow.Notes.Partial.Should().BeEmpty();
        empty.Conversations().Should().BeEmpty();
        candidate.Log.Count("closed: deleted").Should().Be(1, "a conversation was there, and was deleted");
        await stage.BytesShouldBeV0sAsync();
    }

    [Fact]
    public async Task Full_WhatTwoRunsOfV0DoNotHaveInCommon_IsNoiseAndTheRestIsFound()
    {
        using var stores = new Stores();
        await using var second = await GatewayHost.StartAsync(stores.Second, "Agent=echo");
        await using var noise = await FaultyCandidate.StartAsync(second.Address);
        noise.Packets = static packet => [Changed(packet, static json => json["by_chance"] = 1)];
        await using var host = await GatewayHost.StartAsync(stores.Candidate, "Agent=echo");
        await using var candidate = await FaultyCandidate.StartAsync(host.Address);
        candidate.Packets = static packet => [Changed(packet, static json =>
        {
            json["by_chance"] = "other";
            json["content"] = new JArray();
        })];
        await using var stage = await StartAsync(candidate.Address, noise.Address, s_turnLimit);

        await VisitAsync(stage);
        await stage.ComparedAsync(1);

        stage.Differences.Select(static group => (group.Key.Rule, group.Key.First))
            .Should().Equal(("changed-type", "observation run /content"));
        stage.Shadow.Groups.All.Where(static group => group.Key.IsIntended).Select(static group => (group.Key.Rule, group.Key.First))
            .Should().Equal((FullComparison.NoiseRule, "extra-field observation run /by_chance"));
        stores.Second.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Full_AnAgentThatDoesNothing_IsSaidToHangAndItsConversationIsDeleted()
    {
        using var empty = StoreWithSettings();
        await using var candidate = await GatewayHost.StartAsync(empty, "Agent=none");
        await using var stage = await StartAsync(candidate.Address, noise: null, TimeSpan.FromSeconds(0.5));

        await VisitAsync(stage);
        await stage.ComparedAsync(1);

        stage.Differences.Select(static group => group.Key.Rule).Should().Equal(Finding.Hang);
        empty.Conversations().Should().BeEmpty();
    }

    /// <summary>The rest of an earlier turn, which comes late, is not that of the last.</summary>
    [Fact]
    public async Task Full_AUserWhoGoesOnBeforeTheAgentIsAtRest_IsEqual()
    {
        using var empty = StoreWithSettings();
        await using var host = await GatewayHost.StartAsync(empty, "Agent=echo");
        await using var candidate = await FaultyCandidate.StartAsync(host.Address);
        candidate.Packets = static packet => packet.Contains("\"Second\"", StringComparison.Ordinal) ? [packet, LateRest] : [packet];
        await using var stage = await StartAsync(candidate.Address, noise: null, s_turnLimit);
        await File.WriteAllTextAsync(stage.Store.PathOf("settings.json"), Settings);
        using var rest = new RestClient(stage.Address);
        var made = await rest.PostAsync("/api/conversations", "{}");

        await using (var client = new HandWrittenClient([]))
        {
            await client.ConnectAsync(new Visit(stage.Address, (string)JObject.Parse(made.Body)["conversation_id"]!));
            await client.ReadAsync("connect");
            await client.EmitAsync(Actions.Message("First"));
            await client.EmitAsync(Actions.Message("Second"));
            await ReadAnswersAsync(client, 2);
            await client.LeaveAsync();
        }

        await stage.ComparedAsync(1);
        stage.Shadow.Counters.Compared.Should().Be(1);
        stage.Differences.Select(static group => group.Sample).Should().BeEmpty();
    }

    /// <summary>An agent that knows what was said before cannot be compared with one that does not.</summary>
    [Fact]
    public async Task Full_AConversationWhoseBeginningWasNotSeen_IsNotCompared()
    {
        using var empty = StoreWithSettings();
        await using var candidate = await GatewayHost.StartAsync(empty, "Agent=echo");
        await using var stage = await StartAsync(candidate.Address, noise: null, s_turnLimit);

        await TalkAsync(stage.Address, stage.Conversation);
        await stage.ComparedAsync(1);

        stage.Shadow.Counters.DroppedFor(DropReason.NotRepeatable).Should().Be(1);
        stage.Shadow.Counters.Kept.Should().Be(0);
        candidate.Log.Count("opened").Should().Be(0);
    }

    [Fact]
    public async Task Full_ACandidateThatIsAway_IsSaid()
    {
        await using var stage = await StartAsync(new Uri("http://127.0.0.1:1"), noise: new Uri("http://127.0.0.1:1"), s_turnLimit);

        await VisitAsync(stage);
        await stage.ComparedAsync(1);

        stage.Differences.Select(static group => group.Key.Rule).Should().Equal(Finding.Unreachable);
        stage.Shadow.Notes.Partial.Should().ContainSingle().Which.Should().StartWith("the second V0 taught nothing");
    }

    private static Task<ShadowStage> StartAsync(Uri candidate, Uri? noise, TimeSpan turnLimit) =>
        ShadowStage.StartAsync(agent: "echo", candidate: candidate, change: settings => settings with
        {
            Full = new FullSettings(turnLimit, noise),
            FixtureFolder = null,
        });

    // Nobody makes a conversation without.
    private static TempStore StoreWithSettings()
    {
        var store = TempStore.Empty();
        File.WriteAllText(store.PathOf("settings.json"), Settings);
        return store;
    }

    /// <summary>A conversation that begins with a message, and goes on with two.</summary>
    private static async Task VisitAsync(ShadowStage stage)
    {
        await File.WriteAllTextAsync(stage.Store.PathOf("settings.json"), Settings);
        using var rest = new RestClient(stage.Address);
        var made = await rest.PostAsync("/api/conversations", """{"initial_user_msg":"Begin"}""");
        made.Status.Should().Be(HttpStatusCode.OK, made.Body);
        await TalkAsync(stage.Address, (string)JObject.Parse(made.Body)["conversation_id"]!, isBegun: true);
    }

    private static async Task TalkAsync(Uri address, string conversation, bool isBegun = false)
    {
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(address, conversation));
        await (isBegun ? ReadAnswersAsync(client, 1) : client.ReadAsync("connect"));

        for (var turn = 0; turn < 2; turn++)
        {
            await client.EmitAsync(Actions.Message($"Turn {turn}"));
            await client.ReadTurnAsync();
        }

        await client.LeaveAsync();
    }

    // It may have ended before the client came: a replay shows the newest state alone.
    private static async Task ReadAnswersAsync(HandWrittenClient client, int count)
    {
        var (answers, state) = (0, (string?)null);
        while (answers < count || state != "awaiting_user_input")
        {
            var json = (await client.ReadAsync("event"))["event"];
            answers += json.Value<string>("action") == "message" && json.Value<string>("source") == "agent" ? 1 : 0;
            state = json["extras"]?.Value<string>("agent_state") ?? state;
        }
    }

    private static string Changed(string packet, Action<JObject> change)
    {
        if (!packet.StartsWith("42[\"oh_event\",", StringComparison.Ordinal)
            || WireJson.Parse(packet[2..]) is not JArray array
            || array[1] is not JObject json
            || json.Value<string>("observation") != "run")
        {
            return packet;
        }

        change(json);
        return "42" + array.ToString(Formatting.None);
    }

    private sealed class Stores : IDisposable
    {
        public TempStore Second { get; } = StoreWithSettings();

        public TempStore Candidate { get; } = StoreWithSettings();

        public void Dispose()
        {
            Second.Dispose();
            Candidate.Dispose();
        }
    }
}
