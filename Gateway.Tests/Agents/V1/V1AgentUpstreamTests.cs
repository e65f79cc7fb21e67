using System.Text;

using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1;

/// <summary>Servers that say odd things, say too much, or lost what they had: users see what makes sense of it.</summary>
public sealed class V1AgentUpstreamTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_EventsWithoutIdOrOfUnknownKinds_AreCountedAndTheOthersShownOnce(bool hasSessionSocket)
    {
        var log = V1Recording.Load("v1/hello").Log.Select(static e => (JObject)e.DeepClone()).ToList();
        log.Insert(1, new JObject { ["kind"] = "MessageEvent", ["source"] = "environment" });
        log.Insert(4, new JObject { ["id"] = "x1", ["kind"] = "KindOfTomorrow" });
        log.Add(new JObject { ["kind"] = "AnotherOfTomorrow" });
        await using var server = await Server(log, hasSessionSocket).StartAsync();
        server.Show(3);
        var conversation = new MemoryConversation(Id);
        await using (var agent = await new V1AgentHarness(server, conversation).StartAsync())
        {
            await agent.Conversation.UntilAsync(static c => c.TransientMessages.Any(static m => (string?)m["id"] == "STATUS$READY"));
            server.Show();
            await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);
            // What is last shows that all before it is taken.
            server.CutAll();
            await agent.Conversation
                .UntilAsync(static c =>
                    c.TransientMessages.Count(static transientMessage => (string?)transientMessage["id"] == "STATUS$READY") >= 2);
            agent.Counted["gateway.v1.frames.dropped unknown"].Should().Be(2);
            agent.Counted["gateway.v1.frames.dropped no_id"].Should().BeGreaterThanOrEqualTo(2);
        }

        var words = conversation.Words;
        await using (await new V1AgentHarness(server, conversation).StartAsync())
        {
            conversation.Words.Should().Equal(words);
        }

        words.Should().Equal("=loading", "system", "message", "=awaiting_user_input", "=running", "message", "=awaiting_user_input");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_FloodOfStreamingAndGarbage_IsCountedAndTheConversationGoesOn(bool hasSessionSocket)
    {
        const int Frames = 20_000;
        await using var server = await Server(V1Recording.Load("v1/hello").Log, hasSessionSocket).StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        await server.FirstJoined.WaitAsync(TestLimits.Step);
        for (var i = 0; i < Frames; i++)
        {
            server.SendRaw(i % 2 == 0 ? Delta(hasSessionSocket) : "{ this is no JSON");
        }

        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);

        agent.Conversation.Words.Should().Equal(
            "=loading", "=awaiting_user_input", "system", "message", "=running", "message", "=awaiting_user_input");

        // The log can be read by REST while the flood is still being read from the socket.
        await agent.Counted.UntilAsync("gateway.v1.deltas.received", Frames / 2);
        await agent.Counted.UntilAsync("gateway.v1.frames.dropped not_json", Frames / 2);
        agent.Counted["gateway.v1.deltas.received"].Should().Be(Frames / 2);
        agent.Counted["gateway.v1.frames.dropped not_json"].Should().Be(Frames / 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_FramesThatAreTooLarge_AreReadFromTheLog(bool hasSessionSocket)
    {
        await using var server = await Server(V1Recording.Load("v1/big-output").Log, hasSessionSocket).StartAsync();
        await using var agent =
            await new V1AgentHarness(server, new MemoryConversation(Id), static options => options.MaxFrameBytes = 20_000).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 11);

        agent.Conversation.Words.Skip(2).Should().Equal(
            "system", "message", "=running", "run", "run!", "run", "run!", "message", "=awaiting_user_input");
        await agent.Counted.UntilAsync("gateway.v1.frames.dropped too_large", 1);
    }

    /// <summary>The older server's search sorts by time, which is not quite the order of the log: nothing is lost or shown twice.</summary>
    [Theory]
    [InlineData("v1/history-rest")]
    [InlineData("v1/task-events")]
    public async Task RunAsync_SearchThatSortsByTime_GivesEveryEventOnce(string name)
    {
        var log = V1Recording.Load(name).Log;
        var expected = new TranslatedLog("AlwaysConfirm")
            .Add([.. log])
            .Release().Events
            .Select(Told)
            .Order(StringComparer.Ordinal)
            .ToList();
        await using var server = new StandInV1Server(log, Id)
        {
            HasSessionSocket = false,
            Version = "1.1.0",
            SortsByTime = true,
            ConfirmationPolicy = "AlwaysConfirm",
        };
        await server.StartAsync();
        var conversation = new MemoryConversation(Id);
        await using (var agent = await new V1AgentHarness(server, conversation).StartAsync())
        {
            await conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
            for (var i = 0; i < log.Count; i++)
            {
                server.Show(1);
            }

            await conversation.UntilAsync(c => c.Events.Count >= expected.Count + 2);
        }

        conversation.Events.Skip(2).Select(Told).Order(StringComparer.Ordinal).Should().Equal(expected);
    }

    private static string Told(JObject e) => $"{e["timestamp"]} {e["action"]}{e["observation"]}";

    [Fact]
    public async Task RunAsync_HoleThatStaysOpen_IsFilledByTheLog()
    {
        await using var server = await Server(V1Recording.Load("v1/hello").Log, hasSessionSocket: true).StartAsync();
        server.Swallows = 2;
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);

        agent.Conversation.Words.Skip(2).Should().Equal("system", "message", "=running", "message", "=awaiting_user_input");
        agent.Counted["gateway.v1.gaps.filled"].Should().Be(1);
        server.Connections.Should().Be(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenAsync_ConversationMadeAnewUpstream_GoesOnBehindTheOldLog(bool hasSessionSocket)
    {
        var conversation = new MemoryConversation(Id);
        await using (var server = await Server(V1Recording.Load("v1/hello").Log, hasSessionSocket).StartAsync())
        {
            server.Show();
            await using (await new V1AgentHarness(server, conversation).StartAsync())
            {
                await conversation.UntilAsync(static c => c.Words.Count >= 6);
            }
        }

        var before = conversation.Events;
        await using var anew = await Server(V1Recording.Load("v1/llm-auth-error").Log, hasSessionSocket).StartAsync();
        anew.Show(3);
        await using (await new V1AgentHarness(anew, conversation).StartAsync())
        {
            anew.Show();
            await conversation.UntilAsync(static c => c.Words.Contains("=error"));
        }

        var after = conversation.Words;
        await using (await new V1AgentHarness(anew, conversation).StartAsync())
        {
            conversation.Words.Should().Equal(after);
        }

        conversation.Events.Take(before.Count).Should().BeEquivalentTo(before);
        after.Skip(before.Count).Should().Equal("system", "message", "=running", "=error");
    }

    [Fact]
    public async Task RunAsync_ServerThatLostTheConversationInTheMiddle_IsFinalEvenWithATemplate()
    {
        var template = Path.GetTempFileName();
        await File.WriteAllTextAsync(template, "{}");
        await using var server = await Server([], hasSessionSocket: true).StartAsync();
        await using (var agent = await new V1AgentHarness(server, new MemoryConversation(Id), options =>
            options.ConversationTemplate = template).StartAsync())
        {
            await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
            server.IsUnknown = true;
            server.CutAll();
            await agent.Conversation.UntilAsync(static c => c.Words.Contains("=error"));

            agent.Agent.UpstreamState.Should().Be("CLOSED");
            agent.Agent.IsBusy.Should().BeFalse();
            server.Calls.Should().BeEmpty();
        }

        File.Delete(template);
    }

    [Fact]
    public async Task RunAsync_ServerThatComesLateWithATemplate_GetsTheConversation()
    {
        var template = Path.GetTempFileName();
        await File.WriteAllTextAsync(template, "{}");
        await using var server = await Server([], hasSessionSocket: true).StartAsync();
        server.IsUnknown = true;
        server.IsDown = true;
        await using (var agent = await new V1AgentHarness(server, new MemoryConversation(Id), options =>
            options.ConversationTemplate = template).StartAsync())
        {
            await agent.Conversation.UntilAsync(static c => c.TransientMessages.Count > 0);
            server.IsDown = false;
            await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

            server.Calls.Should().ContainSingle();
        }

        File.Delete(template);
    }

    /// <summary>The server is too busy to make the conversation: clients connect, and what they say waits.</summary>
    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task ActAsync_ConversationThatIsNotMadeYet_WaitsForIt(int status)
    {
        await using var server = await Server(V1Recording.Load("v1/hello").Log, hasSessionSocket: true).StartAsync();
        using var folder = TempStore.Empty();
        await File.WriteAllTextAsync(folder.PathOf("template.json"), "{}");
        server.IsUnknown = true;
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Rest.Instead = async context =>
        {
            if (!HttpMethods.IsPost(context.Request.Method) || context.Request.Path != "/api/conversations")
            {
                return false;
            }

            if (asked.Task.IsCompleted)
            {
                server.IsUnknown = false;
                return false;
            }

            await StandInAnswer.WriteAsync(context, status, new JObject { ["detail"] = "busy" });
            return true;
        };
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id), options =>
        {
            options.ConversationTemplate = folder.PathOf("template.json");
            options.MaxReconnectDelay = options.ReconnectDelay;
        }).StartAsync();

        var refusal = await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        asked.SetResult();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("message"));

        refusal.Should().BeNull();
        server.Calls.Count(static call => call.StartsWith("/events", StringComparison.Ordinal)).Should().Be(1);
        agent.Conversation.TransientMessages.Should().NotContain(static m => (string?)m["type"] == "error");
    }

    [Fact]
    public async Task RunAsync_AppServerWithASleepingSandbox_ConnectsWhenItRuns()
    {
        await using var server = new StandInV1Server(V1Recording.Load("v1/hello").Log, Id) { Key = "of-the-sandbox" };
        await server.StartAsync();
        server.SandboxStatus = "PAUSED";
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id), options =>
        {
            options.AppServerUrl = server.BaseUrl;
            options.SessionApiKey = StandInV1Server.AppKey;
        }).StartAsync();

        await agent.Conversation.UntilAsync(static c => c.TransientMessages.Count > 0);
        var whileAsleep = agent.Conversation.Words;
        server.SandboxStatus = "RUNNING";
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        await agent.Conversation.UntilAsync(static c => c.Words.Count(static word => word == "message") == 2);

        whileAsleep.Should().Equal("=loading");
        agent.Conversation.TransientMessages[0]["id"]!.ToString().Should().Be("STATUS$STARTING_RUNTIME");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_ServerThatRepeatsTheKey_TellsNobody(bool hasSessionSocket)
    {
        const string Key = "a-secret-key";
        await using var server = new StandInV1Server([], Id) { Key = Key, HasSessionSocket = hasSessionSocket, RefusesWithKey = true };
        await server.StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        await server.FirstJoined.WaitAsync(TestLimits.Step);
        var refusal = await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        server.SendTransient(
            new JObject
            {
                ["kind"] = "ServerErrorEvent",
                ["code"] = "ValidationError",
                ["detail"] = $"input_value={{'session_api_key': '{Key}'}}"
            });
        if (hasSessionSocket)
        {
            server.SendRaw($$"""{"type":"error","code":"ValidationError","detail":"{{Key}}"}""");
        }

        var errors = hasSessionSocket ? 2 : 1;
        await agent.Conversation
            .UntilAsync(c => c.TransientMessages.Count(static transientMessage => transientMessage["error"] is not null) == errors);

        refusal.Should().Be("The agent server answered 500: ValueError: not with [key]");
        string.Concat(agent.Conversation.TransientMessages).Should().Contain("[key]").And.NotContain(Key);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenAsync_ThenStart_ReadsTheMapOnce(bool hasSessionSocket)
    {
        await using var server = await Server(V1Recording.Load("v1/hello").Log, hasSessionSocket).StartAsync();
        server.Show(3);
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 6);

        agent.Conversation.JournalReads.Should().Be(1);
    }

    [Fact]
    public async Task OpenAsync_LongHistory_IsTakenOnceInOrderAndKeptSmall()
    {
        const int Messages = 3_000;
        var text = new string('x', 10_000);
        var log = Enumerable.Range(0, Messages).Select(number => Message(number, text)).ToList();
        await using var server = await Server(log, hasSessionSocket: true).StartAsync();
        server.Show();
        var conversation = new MemoryConversation(Id);

        await using (await new V1AgentHarness(server, conversation).StartAsync())
        {
            await conversation.UntilAsync(static c => c.Head >= Messages + 1);
        }

        await using var again = await new V1AgentHarness(server, conversation).StartAsync();

        conversation.Head.Should().Be(Messages + 1, "the first state, the messages, and the state after them");
        Enumerable.Range(0, Messages).Where(number => !HasNumber(conversation, number)).Should().BeEmpty();
        conversation.SideCharacters.Should().BeLessThan(Messages * 400, "ids are kept, not texts");
    }

    private static bool HasNumber(MemoryConversation conversation, int number)
    {
        var stored = Encoding.UTF8.GetString(conversation.Stored(number + 1).Json.Span);
        return stored.Contains($"\"number {number} ", StringComparison.Ordinal);
    }

    private static JObject Message(int number, string text) => new()
    {
        ["id"] = Guid.NewGuid().ToString(),
        ["timestamp"] = "2026-11-21T10:00:00.000000",
        ["source"] = "user",
        ["kind"] = "MessageEvent",
        ["llm_message"] = new JObject
        {
            ["role"] = "user",
            ["content"] = new JArray(new JObject { ["type"] = "text", ["text"] = $"number {number} {text}" })
        },
    };

    private static string Delta(bool hasSessionSocket) => hasSessionSocket
        ? """{"type":"delta","item_id":"i","order":1,"kind":"text","content":"a"}"""
        : """{"id":"d","source":"agent","content":"a","kind":"StreamingDeltaEvent"}""";

    private static StandInV1Server Server(IEnumerable<JObject> log, bool hasSessionSocket) =>
        new(log, Id) { HasSessionSocket = hasSessionSocket, Version = hasSessionSocket ? "1.57.0" : "1.1.0" };
}
