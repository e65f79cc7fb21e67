using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.RecordedAgent;

/// <summary>What a recorded server's agent did runs again in the program, and leaves the log that it left then.</summary>
public sealed class RecordedAgentTests
{
    [Theory]
    [InlineData("v0/message-live")]
    [InlineData("v0/two-clients")]
    [InlineData("v0/stop-resume")]
    [InlineData("v0/confirmation")]
    [InlineData("v0/reconnect-mid-run")]
    [InlineData("v0/server-restart")]
    [InlineData("v0/new-conversation")]
    public async Task Session_PlayedAgain_LeavesTheRecordedLog(string name)
    {
        var recording = new Recording(name);
        using var store = recording.CopyStore();
        using var expected = recording.CopyStoreAfter();
        var conversation = expected.Conversations().Single();
        await using var targets = new RecordedTargets(store, Verification.PathOf(name));

        var result = await Verification.RunAsync(Verification.PathOf(name), targets);
        await ReadToTheEndAsync(targets.Host.Address, conversation, expected.Events(conversation));

        result.ShouldBeEqual();
        Shown(store.Events(conversation)).Should().Equal(Shown(expected.Events(conversation)));
    }

    [Fact]
    public async Task Serve_UnderAnyName_ShowsTheRecordedSession()
    {
        using var store = TempStore.Empty();
        await using var host =
            await GatewayHost.StartAsync(store, "Agent=recorded", $"Recorded:Path={Verification.PathOf("v0/new-conversation")}");
        await using var client = new HandWrittenClient([]);

        await client.ConnectAsync(new Visit(host.Address, "my-demo"));
        await client.ReadAsync("connect");
        string? state = null;
        var titled = new List<string?>();
        while (state != "finished")
        {
            var seen = await client.ReadAsync("event");
            state = seen["event"]["extras"]?.Value<string>("agent_state") ?? state;
            if (seen["event"]["conversation_title"] is not null)
            {
                titled.Add((string?)seen["event"]["message"]);
            }
        }

        titled.Should().NotBeEmpty().And.OnlyContain(static id => id == "my-demo", "the web UI asks for what is named there");
        store.Events("my-demo").Values.Should().Contain(static json => json.Value<string>("action") == "finish");
    }

    [Fact]
    public async Task Serve_AnActionThatTheRecordingDoesNotHave_IsStoredAndChangesNothing()
    {
        using var store = new Recording("v0/message-live").CopyStore();
        var conversation = store.Conversations().Single();
        await using var host =
            await GatewayHost.StartAsync(store, "Agent=recorded", $"Recorded:Path={Verification.PathOf("v0/message-live")}");
        await using var client = new HandWrittenClient([]);

        await client.ConnectAsync(new Visit(host.Address, conversation));
        await client.ReadAsync("connect");
        await client.EmitAsync(Actions.Message("Nobody said this then."), wantsAck: true);
        await client.ReadAsync("ack");

        store.Events(conversation).Values
            .Should()
            .ContainSingle(static json => json["args"] != null && (string?)json["args"]!["content"] == "Nobody said this then.");
    }

    /// <summary>
    /// V0 left a client without an answer, and told the next one how the runtime starts. Here the first one is answered: it may leave in
    /// the moment in which it is told, and nobody would hear of it.
    /// </summary>
    [Fact]
    public async Task Serve_AClientThatTheRecordedServerLeftWaiting_IsNotToldInTheNextOnesPlace()
    {
        const string Name = "v0/refusals";
        const string Conversation = "aa40e53a726043b69855447c08521abb";
        using var store = new Recording(Name).CopyStore();
        await using var host = await GatewayHost.StartAsync(store, "Agent=recorded", $"Recorded:Path={Verification.PathOf(Name)}");
        await using var first = new HandWrittenClient([]);
        await using var second = new HandWrittenClient([]);

        await first.ConnectAsync(new Visit(host.Address, Conversation));
        for (int? id = null; id != 5;)
        {
            id = WireClientReading.IdOf((await first.ReadAsync("event"))["event"]);
        }

        await second.ConnectAsync(new Visit(host.Address, Conversation));

        JToken? status = null;
        while (status?["status_update"] is null)
        {
            status = (await second.ReadAsync("event"))["event"];
        }

        ((string?)status["id"]).Should().Be("STATUS$STARTING_RUNTIME");
    }

    // The player is done when the recorded clients were; the agent may have a few events to go.
    private static async Task ReadToTheEndAsync(Uri address, string conversation, SortedDictionary<int, JObject> log)
    {
        var last = ReplayRules.Apply(log).Max(static shown => shown.Id);
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(address, conversation));
        while (true)
        {
            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (seen.On == "event" && WireClientReading.IdOf(seen.Value) == last)
            {
                return;
            }
        }
    }

    // Times are of the session that is played; how V0 writes one message: PROTOCOL.md, "V0 stored and shown".
    private static IEnumerable<string> Shown(SortedDictionary<int, JObject> log) => log.Values.Select(static json =>
    {
        var shown = (JObject)json.DeepClone();
        shown.Remove("timestamp");
        shown["message"] = shown.Value<string>("message")?.Replace("AgentState.", "", StringComparison.Ordinal).ToUpperInvariant();
        return new JObject(shown.Properties().OrderBy(static property => property.Name, StringComparer.Ordinal))
            .ToString(Newtonsoft.Json.Formatting.None);
    });
}
