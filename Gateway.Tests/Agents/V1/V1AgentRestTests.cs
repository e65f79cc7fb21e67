using Gateway.Agents.V1;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1;

/// <summary>Sockets that are held only while somebody needs them; closes, and what REST says after them.</summary>
public sealed class V1AgentRestTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenAsync_OldConversation_IsReadWithoutASocket(bool hasSessionSocket)
    {
        await using var server = await Server("v1/hello", hasSessionSocket).StartAsync();
        server.Show();
        await using var agent = await StartAsync(server);

        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 6 && IsReady(c));
        await Eventually.IsTrueAsync(() => agent.Agent.UpstreamState == "RESTING", "it rests");

        agent.Conversation.Words.Should().Equal("=loading", "system", "message", "=running", "message", "=awaiting_user_input");
        server.Connections.Should().Be(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_UserActs_TheSocketIsHeldUntilTheAgentRests(bool hasSessionSocket)
    {
        await using var server = await Server("v1/hello", hasSessionSocket).StartAsync();
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        server.Connections.Should().Be(0);
        AnswersActionsOnceJoined(server);

        await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);
        await server.LastLeft.WaitAsync(TestLimits.Step);

        await Eventually.IsTrueAsync(() => agent.Agent.UpstreamState == "RESTING", "it rests");
        server.ClientCloses.Should().Equal(1000);
        server.Connections.Should().Be(1);
        agent.Conversation.Words.Should().Equal(
            "=loading", "=awaiting_user_input", "system", "message", "=running", "message", "=awaiting_user_input");
        agent.Conversation.TransientMessages.Select(static m => (string?)m["id"]).OfType<string>().Should().Equal("STATUS$READY");
    }

    /// <summary>Nothing comes any more by the socket when the action ends: its end alone lets the socket go.</summary>
    [Fact]
    public async Task RunAsync_AnswerAfterTheWholeTurn_LetsTheSocketGo()
    {
        await using var server = await Server("v1/hello").StartAsync();
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        var isShown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Rest.Instead = async context =>
        {
            if (IsAction(context))
            {
                await server.FirstJoined.WaitAsync(TestLimits.Step);
                server.Show();
                await isShown.Task.WaitAsync(TestLimits.Step);
            }

            return false;
        };

        await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);
        isShown.SetResult();

        await server.LastLeft.WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task RunAsync_AgentAtWork_KeepsItsSocket()
    {
        await using var server = await Server("v1/hello").StartAsync();
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        // Begun elsewhere: no user of ours has acted.
        server.Show(4);
        await server.FirstJoined.WaitAsync(TestLimits.Step);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=running"));
        server.LastLeft.IsCompleted.Should().BeFalse();
        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);

        await server.LastLeft.WaitAsync(TestLimits.Step);
        agent.Conversation.Words.Skip(2).Should().Equal("system", "message", "=running", "message", "=awaiting_user_input");
        server.Connections.Should().Be(1);
    }

    [Fact]
    public async Task RunAsync_WorkBegunAndDoneElsewhere_IsNoticedByREST()
    {
        await using var server = await Server("v1/hello").StartAsync();
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);

        agent.Conversation.Words.Skip(2).Should().Equal("system", "message", "=running", "message", "=awaiting_user_input");
    }

    /// <summary>The log says once why the server is of no use, with what follows.</summary>
    [Fact]
    public async Task RunAsync_LogThatIsNotGiven_IsSaidOnceWithWhatFollows()
    {
        await using var server = await Server("v1/hello").StartAsync();
        using var log = new CapturedLog();
        await using var agent = await StartAsync(server, logger: log.CreateLogger("V1"));
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        server.Rest.Instead = static async context =>
        {
            var isRefused = context.Request.Path.Value!.EndsWith("/events/search", StringComparison.Ordinal);
            if (isRefused)
            {
                await StandInAnswer.WriteAsync(context, 500, new JObject { ["detail"] = "Internal Server Error" });
            }

            return isRefused;
        };

        server.Show();
        await log.WaitForAsync("The agent server did not give its log.", 3);

        log.Lines.Where(static line => line.Level == LogLevel.Information && line.Contains("did not give its log. (next Later)"))
            .Should().ContainSingle();
    }

    /// <summary>The server keeps its sockets to itself, and answers by REST: what happens is shown while the next try waits.</summary>
    [Theory]
    [InlineData(1012, "")]
    [InlineData(1013, "Too many connections for this conversation")]
    [InlineData(4008, "")]
    public async Task RunAsync_ServerThatGivesNoSocket_IsReadByREST(int code, string reason)
    {
        await using var server = await Server("v1/hello").StartAsync();
        server.CloseWith = _ => code;
        server.CloseReason = reason;
        await using var agent = await StartAsync(server, static options =>
        {
            options.DetachAfter = TimeSpan.Zero;
            options.ReconnectDelay = TimeSpan.FromMilliseconds(50);
            options.MaxReconnectDelay = TimeSpan.FromMinutes(10);
            options.LookInterval = TimeSpan.FromMilliseconds(50);
        });

        await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input") && c.Words.Count >= 6);

        agent.Conversation.Words.Skip(1).Should().Equal("system", "message", "=running", "message", "=awaiting_user_input");
    }

    /// <summary>A container goes to sleep: its outer server closes with a plain 1000, and clients need not know.</summary>
    [Fact]
    public async Task RunAsync_ContainerGoesToSleep_IsNoTrouble()
    {
        await using var server = await Server("v1/hello", isContainer: true).StartAsync();
        await using var agent = await StartAsync(server, static options => options.DetachAfter = TimeSpan.FromMilliseconds(200));
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        AnswersActionsOnceJoined(server);
        await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);

        server.CloseAll(1001, "idle");
        await server.LastLeft.WaitAsync(TestLimits.Step);
        await Eventually.IsTrueAsync(() => agent.Agent.UpstreamState == "RESTING", "it rests");

        agent.Conversation.Words.Should().HaveCount(7).And.NotContain("=error");
        agent.Conversation.TransientMessages.Should().NotContain(static m => (string?)m["type"] == "error");
    }

    [Fact]
    public async Task RunAsync_UserWakesAContainer_IsToldInV0sWords()
    {
        await using var server = await Server("v1/hello", isContainer: true).StartAsync();
        server.Rest.RuntimeStatus = "missing";
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input") && IsReady(c));

        await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        await agent.Conversation.UntilAsync(static c =>
            c.Words.Count >= 7 && c.TransientMessages.Count(static m => (string?)m["id"] == "STATUS$READY") == 2);

        agent.Conversation.TransientMessages.Select(static m => (string?)m["id"]).OfType<string>().Take(3).Should().Equal(
            "STATUS$READY", "STATUS$STARTING_RUNTIME", "STATUS$READY");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_SocketClosedInARun_GoesOnWhereItEnded(bool isContainer)
    {
        await using var server = await Server("v1/big-output", isContainer: isContainer).StartAsync();
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Show(5);
        await server.FirstJoined.WaitAsync(TestLimits.Step);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=running"));
        server.CloseAll(1013, "slow_consumer");
        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 11);

        agent.Conversation.Words.Skip(2).Should().Equal(
            "system", "message", "=running", "run", "run!", "run", "run!", "message", "=awaiting_user_input");
        agent.Conversation.Words.Should().NotContain("=error");
    }

    /// <summary>The event is larger than any frame of the server's, and stays so: only REST gives it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_EventAboveTheServersFrame_IsReadByRESTAndTheSocketGoesOn(bool isContainer)
    {
        await using var server = await Server("v1/big-output", isContainer: isContainer).StartAsync();
        server.MaxFrame = 20_000;
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 11);
        await agent.ActAsync("message", new JObject { ["content"] = "And now?" });

        agent.Conversation.Words.Skip(2).Should().Equal(
            "system", "message", "=running", "run", "run!", "run", "run!", "message", "=awaiting_user_input");
        server.Connections.Should().BeLessThan(10);
    }

    [Theory]
    [InlineData(1008, "no manifest", "The agent server does not take this conversation. (no manifest)")]
    [InlineData(1011, "no image", "The agent server cannot start this conversation's runtime. (no image)")]
    [InlineData(1013, "credential_binding_activation_required",
        "The agent server waits for this conversation's credentials to be activated. (credential_binding_activation_required)")]
    [InlineData(4001, "", "The agent server's socket refused the session key.")]
    public async Task RunAsync_ServerThatSaysWhyNot_IsToldOnceAndComesBackWhenItServes(int code, string reason, string told)
    {
        await using var server = Server("v1/hello");
        server.CloseWith = number => number < 3 ? code : null;
        server.CloseReason = reason;
        await server.StartAsync();
        await using var agent = await StartAsync(server, static options => options.DetachAfter = TimeSpan.Zero);

        await agent.Conversation.UntilAsync(static c => c.TransientMessages.Any(static m => (string?)m["id"] == "STATUS$READY"));

        server.Connections.Should().Be(4);
        agent.Conversation.TransientMessages.Where(static m => (string?)m["type"] == "error").Select(static m => (string?)m["message"])
            .Should().Equal(told);
    }

    [Theory]
    [InlineData(4004)]
    [InlineData(1008)]
    [InlineData(1000)]
    public async Task RunAsync_ConversationThatIsGone_ClosesTheSession(int code)
    {
        await using var server = await Server("v1/hello").StartAsync();
        await using var agent = await StartAsync(server, static options => options.DetachAfter = TimeSpan.Zero);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        await server.FirstJoined.WaitAsync(TestLimits.Step);

        server.IsUnknown = true;
        server.CloseAll(code);
        await agent.Conversation.UntilAsync(static c => c.IsClosed);

        ((string?)agent.Conversation.Events[^1]["extras"]!["reason"]).Should().Be("The agent server does not know this conversation.");
        var refusal = await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        refusal.Should().Be("The agent server does not know this conversation.");
        agent.Agent.UpstreamState.Should().Be("CLOSED");
    }

    [Fact]
    public async Task RunAsync_DeletedWhileItRests_IsNoticedByTheNextLook()
    {
        await using var server = await Server("v1/hello").StartAsync();
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.IsUnknown = true;

        await agent.Conversation.UntilAsync(static c => c.IsClosed);
    }

    [Fact]
    public async Task RunAsync_Archived_RefusesActionsUntilItIsServedAgain()
    {
        await using var server = await Server("v1/hello").StartAsync();
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Rest.IsArchived = true;
        await agent.Conversation.UntilAsync(static c => c.TransientMessages.Any(static m => (string?)m["type"] == "error"));
        var refusal = await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        server.Rest.IsArchived = false;
        await agent.Conversation.UntilAsync(static c => c.TransientMessages.Count(static m => (string?)m["id"] == "STATUS$READY") == 2);
        var accepted = await agent.ActAsync("message", new JObject { ["content"] = "Hi" });
        await agent.Conversation.UntilAsync(static c => c.Words.Count >= 7);

        refusal.Should().Be("The conversation is archived on the agent server.");
        accepted.Should().BeNull();
        agent.Conversation.Words.Should().NotContain("=error");
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("http://127.0.0.2:9", false)]
    public async Task OpenAsync_ServerThatSendsOn_IsFollowedToItselfAlone(string elsewhere, bool isFollowed)
    {
        await using var server = await Server("v1/hello").StartAsync();
        var path = $"/api/conversations/{server.ConversationId:D}";
        var sent = 0;
        server.Rest.Instead = context =>
        {
            if (context.Request.Path != path || !HttpMethods.IsGet(context.Request.Method) || context.Request.Query.ContainsKey("again"))
            {
                return Task.FromResult(false);
            }

            Interlocked.Increment(ref sent);
            context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            context.Response.Headers.Location = $"{elsewhere}{path}?again=1";
            return Task.FromResult(true);
        };
        await using var agent = await StartAsync(server);

        await Eventually.IsTrueAsync(
            () => isFollowed ? agent.Conversation.Words.Contains("=awaiting_user_input") : Volatile.Read(ref sent) > 3,
            "it is followed, or asked again and again");

        agent.Conversation.Words.Contains("=awaiting_user_input").Should().Be(isFollowed);
    }

    /// <summary>A turn that is over before the socket is open is read by REST, and needs none.</summary>
    private static void AnswersActionsOnceJoined(StandInV1Server server) => server.Rest.Instead = async context =>
    {
        if (IsAction(context))
        {
            await server.FirstJoined.WaitAsync(TestLimits.Step);
        }

        return false;
    };

    private static bool IsAction(HttpContext context) =>
        HttpMethods.IsPost(context.Request.Method) && context.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal);

    private static bool IsReady(MemoryConversation conversation) =>
        conversation.TransientMessages.Any(static m => (string?)m["id"] == "STATUS$READY");

    private static StandInV1Server Server(string recording, bool hasSessionSocket = true, bool isContainer = false) =>
        new(V1Recording.Load(recording).Log, Id)
        {
            HasSessionSocket = hasSessionSocket,
            Version = hasSessionSocket ? "1.58.2" : "1.1.0",
            IsContainer = isContainer,
        };

    private static Task<V1AgentHarness> StartAsync(
        StandInV1Server server, Action<V1Options>? configure = null, ILogger? logger = null) =>
        new V1AgentHarness(server, new MemoryConversation(Id), options =>
        {
            options.DetachAfter = TimeSpan.FromMilliseconds(50);
            options.LookInterval = TimeSpan.FromMilliseconds(50);
            configure?.Invoke(options);
        }, logger: logger).StartAsync();
}
