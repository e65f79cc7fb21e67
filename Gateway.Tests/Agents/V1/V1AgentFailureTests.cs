using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1;

/// <summary>What users see of a server that is down, refuses, forgets or stumbles; and what a crash of our own leaves behind.</summary>
public sealed class V1AgentFailureTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    [Fact]
    public async Task RunAsync_ServerDownAtStart_IsOnlyStartingUntilItComes()
    {
        await using var server = await Server().StartAsync();
        server.IsDown = true;
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();

        await agent.Counted.UntilAsync("gateway.v1.reconnects", 3);
        var before = agent.Conversation.TransientMessages;
        server.IsDown = false;
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        before.Should().ContainSingle("it is told once, however often it is tried").Which.Should().Match<JObject>(static transientMessage =>
            (string?)transientMessage["id"] == "STATUS$STARTING_RUNTIME" && (string?)transientMessage["type"] == "info");
        agent.Conversation.Words.Should().Equal("=loading", "=awaiting_user_input");
    }

    [Theory]
    [InlineData(404)]
    [InlineData(502)]
    public async Task RunAsync_ProxyBeforeAServerThatStarts_IsOnlyStarting(int status)
    {
        await using var server = await Server().StartAsync();
        server.ProxyStatus = status;
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();

        await agent.Counted.UntilAsync("gateway.v1.reconnects", 2);
        var before = agent.Conversation.Words;
        server.ProxyStatus = null;
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        before.Should().Equal("=loading");
    }

    [Fact]
    public async Task RunAsync_ServerGoneAndBack_ShowsTheErrorAndThenTheStateAgain()
    {
        await using var server = await Server().StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.IsDown = true;
        server.CutAll();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=error"));
        var refusal = await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        server.IsDown = false;
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 4);

        refusal.Should().BeNull("the server may be back in time");
        agent.Conversation.Words.Should().Equal("=loading", "=awaiting_user_input", "=error", "=awaiting_user_input");
        agent.Conversation.TransientMessages
            .Should()
            .Contain(static transientMessage => (string?)transientMessage["id"] == "STATUS$ERROR_RUNTIME_DISCONNECTED");
    }

    /// <summary>The socket's word alone is not final: the question by REST is.</summary>
    [Fact]
    public async Task RunAsync_KeyThatRESTRefusesToo_IsToldAndNotTriedAgain()
    {
        var isRefused = false;
        await using var server = Server();
        server.CloseWith = _ => Volatile.Read(ref isRefused) ? 4001 : null;
        server.Rest.Instead = async context =>
        {
            if (Volatile.Read(ref isRefused))
            {
                await StandInAnswer.WriteAsync(context, 401, new JObject { ["detail"] = "Unauthorized" });
            }

            return Volatile.Read(ref isRefused);
        };
        await server.StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        await server.FirstJoined.WaitAsync(TestLimits.Step);

        Volatile.Write(ref isRefused, true);
        server.CloseAll(4001);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=error"));

        const string Reason = "The agent server refused the session key.";
        ((string?)agent.Conversation.Events[^1]["extras"]!["reason"]).Should().Be(Reason);
        (await agent.ActAsync("message", new JObject { ["content"] = "Hi" })).Should().Be(Reason);
        agent.Agent.UpstreamState.Should().Be("CLOSED");
        agent.Conversation.IsClosed.Should().BeFalse();
        server.Connections.Should().Be(1);
    }

    [Fact]
    public async Task RunAsync_TooManySubscribers_IsTriedLater()
    {
        await using var server = Server();
        server.CloseWith = static number => number == 0 ? 1013 : null;
        await server.StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();

        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Connections.Should().Be(2);
        agent.Conversation.Words.Should().NotContain("=error");
    }

    /// <summary>A socket that is open and says nothing, not even that there is nothing.</summary>
    [Fact]
    public async Task RunAsync_SocketThatStaysSilent_IsOpenedAnew()
    {
        var clock = new FakeTimeProvider();
        await using var server = Server();
        server.IsSilent = static number => number == 0;
        await server.StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id), clock: clock).StartAsync();

        await clock.TimerSetAsync(TimeSpan.FromSeconds(30));
        clock.Advance(TimeSpan.FromSeconds(30));
        await clock.TimerSetAsync(TimeSpan.FromMilliseconds(20));
        clock.Advance(TimeSpan.FromMilliseconds(40));
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Connections.Should().Be(2);
        server.ClientCloses.Should().Equal(1000);
    }

    [Fact]
    public async Task OpenAsync_ServerThatDoesNotAnswer_IsReadyAfterFiveSeconds()
    {
        var release = new TaskCompletionSource();
        await using var server = await Server().StartAsync();
        server.HeldUntil = release.Task;
        var clock = new FakeTimeProvider();
        await using var agent = new V1AgentHarness(server, new MemoryConversation(Id), clock: clock);

        var opening = agent.Agent.OpenAsync(agent.Conversation, CancellationToken.None).AsTask();
        await server.Held.WaitAsync(TestLimits.Step);
        clock.Advance(TimeSpan.FromSeconds(5));

        (await opening.WaitAsync(TestLimits.Step)).Refusal.Should().BeNull();
        release.SetResult();
    }

    [Fact]
    public async Task AcceptAsync_ServerThatDoesNotAnswer_IsStoredAndToldAsWaiting()
    {
        var release = new TaskCompletionSource();
        await using var server = await Server().StartAsync();
        var clock = new FakeTimeProvider();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id), clock: clock).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.HeldUntil = release.Task;
        (await agent.ActAsync("change_agent_state", new JObject { ["agent_state"] = "paused" })).Should().BeNull();
        await clock.TimerSetAsync(TimeSpan.FromSeconds(10));
        clock.Advance(TimeSpan.FromSeconds(10));
        await agent.Conversation
            .UntilAsync(static c => c.TransientMessages.Any(static m => (string?)m["id"] == "STATUS$WAITING_FOR_AGENT_SERVER"));
        agent.Conversation.Words[^1].Should().Be("change_agent_state");
        release.SetResult();

        await agent.Conversation.UntilAsync(static c => c.Words[^1] == "=paused");
        agent.Conversation.TransientMessages.Should().NotContain(static m => (string?)m["type"] == "error");
    }

    [Fact]
    public async Task OpenAsync_WrongKey_IsRefused()
    {
        await using var server = await new StandInV1Server([], Id) { Key = "right" }.StartAsync();
        await using var agent = new V1AgentHarness(server, new MemoryConversation(Id), static options => options.SessionApiKey = "wrong");

        var opening = await agent.Agent.OpenAsync(agent.Conversation, CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

        opening.Refusal.Should().Be("Failed to join conversation");
        agent.Conversation.Events.Should().BeEmpty();
    }

    [Fact]
    public async Task OpenAsync_UnknownConversationWithTemplate_IsCreatedUnderItsId()
    {
        var template = Path.GetTempFileName();
        await File.WriteAllTextAsync(template, """{"workspace":{"working_dir":"/w"}}""");
        await using var server = await Server().StartAsync();
        server.IsUnknown = true;

        await using (await new V1AgentHarness(server, new MemoryConversation(Id), options => options.ConversationTemplate = template)
            .StartAsync())
        {
            server.Calls.Should().Equal(
                """/api/conversations {"workspace":{"working_dir":"/w"},"conversation_id":"9beb4ee2-4290-4df3-97a2-f840ccb976b4"}""");
        }

        File.Delete(template);
    }

    [Theory]
    [InlineData(V1Auths.FirstMessage)]
    [InlineData(V1Auths.Header)]
    [InlineData(V1Auths.Query)]
    [InlineData(V1Auths.Auto)]
    public async Task RunAsync_Key_IsGivenInEachWay(V1Auths auth)
    {
        await using var server = await new StandInV1Server([], Id) { Key = "k&y" }.StartAsync();
        await using var agent = await new V1AgentHarness(
            server, new MemoryConversation(Id), options =>
                options.Auth = Enum.Parse<Gateway.Agents.V1.V1Auth>(auth.ToString())).StartAsync();

        await agent.Conversation
            .UntilAsync(static c => c.TransientMessages.Any(static transientMessage => (string?)transientMessage["id"] == "STATUS$READY"));

        agent.Agent.UpstreamState.Should().Be("OPEN");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DisposeAsync_OpenConnection_SendsACloseFrameThatTheServerSees(bool hasSessionSocket)
    {
        await using var server = new StandInV1Server(V1Recording.Load("v1/hello").Log, Id) { HasSessionSocket = hasSessionSocket };
        await server.StartAsync();
        var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        await server.FirstJoined.WaitAsync(TestLimits.Step);

        // What is on its way must not turn the close into a reset.
        for (var i = 0; i < 1_000; i++)
        {
            server.SendRaw("{}");
        }

        await agent.DisposeAsync();
        await server.LastLeft.WaitAsync(TestLimits.Step);

        agent.Agent.UpstreamState.Should().Be("CLOSED");
        server.ClientCloses.Should().Equal(1000);
    }

    [Fact]
    public async Task RunAsync_BridgeThatFails_ClosesItsSocketAndGoesOnWithAnother()
    {
        await using var server = await Server().StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        agent.Conversation.FailOnce(new IOException("No space left."), new OperationCanceledException("The store took too long."));
        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);

        agent.Conversation.Words.Skip(2).Should().Equal("system", "message", "=running", "message", "=awaiting_user_input");
        server.ClientCloses.Should().Equal([1000], "the second failure is met while the log is read by REST");
    }

    /// <summary>Nobody does any more what is asked for then: who asks is told.</summary>
    [Fact]
    public async Task AcceptAsync_AfterTheEnd_IsRefused()
    {
        await using var server = await Server().StartAsync();
        var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        await agent.DisposeAsync();

        var refusal = await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        var areTaken = new List<bool>();
        foreach (var state in new[] { "paused", "running" })
        {
            var wish = new JObject { ["action"] = "change_agent_state", ["args"] = new JObject { ["agent_state"] = state } };
            var id = await agent.Conversation.AppendAsync(wish, Gateway.Conversations.Events.EventSource.User, CancellationToken.None);
            areTaken.Add(await agent.Agent.OnStoredAsync(agent.Conversation.Stored(id), CancellationToken.None));
        }

        refusal.Should().Be("The conversation is being closed here; please send it again.");
        areTaken.Should().Equal(false, false);
        server.Calls.Should().BeEmpty();
    }

    [Fact]
    public async Task StartAsync_AfterTheSessionHasClosed_EndsAtOnce()
    {
        await using var server = await Server().StartAsync();
        var agent = new V1AgentHarness(server, new MemoryConversation(Id));
        await agent.DisposeAsync();

        await agent.Agent.StartAsync(agent.Conversation, CancellationToken.None);
        await agent.Agent.Running.WaitAsync(TestLimits.Step);

        server.Connections.Should().Be(0);
    }

    /// <summary>The process dies after any event: the disk takes no more, and of the map some lines are lost.</summary>
    [Theory]
    [InlineData("v1/confirm", 3, 0)]
    [InlineData("v1/confirm", 9, 4)]
    [InlineData("v1/confirm", 20, 100)]
    [InlineData("v1/confirm", 27, 1)]
    [InlineData("v1/pause-resume", 11, 2)]
    [InlineData("v1/hello", 5, 1)]
    public async Task OpenAsync_AfterACrash_ChangesNoIdAndAppendsNothingTwice(string name, int diesAt, int lostLines)
    {
        var recording = V1Recording.Load(name);
        await using var server = await new StandInV1Server(recording.Log, Id) { ConfirmationPolicy = "AlwaysConfirm" }.StartAsync();
        server.Show();
        var whole = new MemoryConversation(Id);
        await using (await new V1AgentHarness(server, whole).StartAsync())
        {
        }

        var crashed = new MemoryConversation(Id) { FailsFrom = diesAt };
        await using (var first = new V1AgentHarness(server, crashed))
        {
            var open = () => first.Agent.OpenAsync(crashed, CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
            await open.Should().ThrowAsync<IOException>();
        }

        crashed.LoseSideLines(lostLines);
        crashed.FailsFrom = int.MaxValue;
        await using (await new V1AgentHarness(server, crashed).StartAsync())
        {
            await crashed.UntilAsync(c => c.Words.Count >= whole.Words.Count);
        }

        await using (await new V1AgentHarness(server, crashed).StartAsync())
        {
            Comparable(crashed).Should().Equal(Comparable(whole));
        }
    }

    private static StandInV1Server Server() => new(V1Recording.Load("v1/hello").Log, Id);

    private static IEnumerable<string> Comparable(MemoryConversation conversation) =>
        conversation.Events.Select(static e =>
            $"{e["id"]} {e["cause"]} {e["action"]}{e["observation"]} {(e["extras"] ?? e["args"])!.ToString().GetHashCode(StringComparison.Ordinal)}");
}

/// <summary>The ways to give a key, for a public test's data.</summary>
public enum V1Auths
{
    Auto,
    FirstMessage,
    Header,
    Query,
}
