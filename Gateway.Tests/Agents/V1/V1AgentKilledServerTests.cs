using Gateway.Primitives.Json;
using Gateway.Tests.Support;

namespace Gateway.Tests.Agents.V1;

/// <summary>A server that is killed in a run and comes back on its store, as <c>v1-1.58/server-killed</c> shows it.</summary>
public sealed class V1AgentKilledServerTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    // The log until the kill; what the server adds when it comes back is two events.
    private const int UntilTheKill = 10;

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 2)]
    // The socket opens between the two.
    [InlineData(true, 1)]
    public async Task RunAsync_ServerKilledInARun_ShowsItsErrorOnceAndNoRunning(bool hasSessionSocket, int shownAtReturn)
    {
        await using var server = await new StandInV1Server(V1Recording.Load("v1-1.58/server-killed").Log, Id)
        {
            HasSessionSocket = hasSessionSocket,
            Version = hasSessionSocket ? "1.58.2" : "1.1.0",
        }.StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        var conversation = agent.Conversation;
        await server.FirstJoined.WaitAsync(TestLimits.Step);
        await conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        server.Show(UntilTheKill);
        await conversation.UntilAsync(static c => c.Words.Count(static word => word == "run") == 2);

        server.IsDown = true;
        server.CutAll();
        await conversation.UntilAsync(static c => c.Words[^1] == "=error");
        server.Show(shownAtReturn);
        var ready = Ready(conversation);
        server.IsDown = false;
        await conversation.UntilAsync(c => Ready(c) > ready);
        server.Show(2 - shownAtReturn);
        await conversation.UntilAsync(static c => c.Words is [.., "error!", "=error"]);

        conversation.Words.SkipWhile(static word => word != "=running").Should().Equal(
            "=running", "run", "run!", "run", "=error", "error!", "=error");
        var reasons = conversation.Events
            .Where(static e => e.Object("extras").Text("agent_state") == "error")
            .Select(static e => e.Object("extras").Text("reason"))
            .ToList();
        reasons.Should().HaveCount(2);
        reasons[0].Should().Be("STATUS$ERROR_RUNTIME_DISCONNECTED");
        reasons[1].Should().StartWith("A restart occurred while this tool was in progress.");
        conversation.Events.Single(static e => e.Text("observation") == "error").Text("content").Should().Be(reasons[1]);
    }

    private static int Ready(MemoryConversation conversation) =>
        conversation.TransientMessages.Count(static message => message.Text("id") == "STATUS$READY");
}
