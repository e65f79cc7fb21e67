using Gateway.Agents.V1;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1;

/// <summary>A server that answers for the conversation and cannot give its log by REST.</summary>
public sealed class V1AgentUnreadableLogTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private const string Reason = "The agent server does not give this conversation's log: what happens in it cannot be shown.";

    /// <summary>Nobody acts: it is told once, in the log for those who come later, and again nothing when it is over.</summary>
    [Fact]
    public async Task RunAsync_LogThatIsNotGivenAtRest_IsShownAsAnErrorUntilItIs()
    {
        await using var server = await Server(hasSessionSocket: true).StartAsync();
        using var log = new CapturedLog();
        await using var agent = await StartAsync(server, static options => options.DetachAfter = TimeSpan.FromMilliseconds(50),
            log.CreateLogger("V1"));
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        RefuseLog(server);
        server.Show();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=error"));
        await log.WaitForAsync("did not give its log", 6);
        var during = agent.Conversation.Words;
        server.Rest.Instead = null;
        await agent.Conversation.UntilAsync(static c => c.Words[^1] == "=awaiting_user_input" && c.Words.Contains("message"));

        during.Should().Equal("=loading", "=awaiting_user_input", "=error");
        ((string?)agent.Conversation.Events[2]["extras"]!["reason"]).Should().Be(Reason);
        agent.Conversation.TransientMessages.Where(static m => (string?)m["type"] == "error").Select(static m => (string?)m["message"])
            .Should().Equal(Reason);
        log.Lines.Where(static line => line.Level == LogLevel.Warning && line.Contains("has not been read")).Should().ContainSingle();
    }

    /// <summary>The newer socket gives the log by itself.</summary>
    [Fact]
    public async Task RunAsync_LogThatIsNotGivenByREST_ComesByTheSessionSocket()
    {
        await using var server = await Server(hasSessionSocket: true).StartAsync();
        RefuseLog(server);
        server.Show();
        await using var agent = await StartAsync(server);

        await agent.Conversation.UntilAsync(static c => c.Words[^1] == "=awaiting_user_input" && c.Words.Contains("message"));

        agent.Conversation.Words.Where(static word => word is not ("=loading" or "=error"))
            .Should().Equal("system", "message", "=running", "message", "=awaiting_user_input");
        server.Connections.Should().Be(1);
    }

    /// <summary>The older socket's frames only say that there is something to read: who sends a message is told that it is there.</summary>
    [Fact]
    public async Task ActAsync_LogThatIsNotGiven_TellsWhatHasBecomeOfTheMessage()
    {
        await using var server = await Server(hasSessionSocket: false).StartAsync();
        await using var agent = await StartAsync(server);
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        await server.FirstJoined.WaitAsync(TestLimits.Step);
        RefuseLog(server);
        server.CutAll();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=error"));

        (await agent.ActAsync("message", new JObject { ["content"] = "Hi" })).Should().BeNull();
        await agent.Conversation.UntilAsync(static c => c.TransientMessages.Any(static m => $"{m["message"]}".Contains("has the message")));

        server.Calls.Should().ContainSingle();
        agent.Conversation.Words.Should().NotContain("message");
    }

    private static void RefuseLog(StandInV1Server server) => server.Rest.Instead = static async context =>
    {
        var isRefused = context.Request.Path.Value!.EndsWith("/events/search", StringComparison.Ordinal);
        if (isRefused)
        {
            await StandInAnswer.WriteAsync(context, 500, new JObject { ["detail"] = "Internal Server Error" });
        }

        return isRefused;
    };

    private static StandInV1Server Server(bool hasSessionSocket) => new(V1Recording.Load("v1/hello").Log, Id)
    {
        HasSessionSocket = hasSessionSocket,
        Version = hasSessionSocket ? "1.58.2" : "1.1.0",
    };

    private static Task<V1AgentHarness> StartAsync(
        StandInV1Server server, Action<V1Options>? configure = null, ILogger? logger = null) =>
        new V1AgentHarness(server, new MemoryConversation(Id), options =>
        {
            options.LookInterval = TimeSpan.FromMilliseconds(50);
            configure?.Invoke(options);
        }, logger: logger).StartAsync();
}
