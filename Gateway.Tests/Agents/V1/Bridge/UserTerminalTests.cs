using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Bridge;

/// <summary>Users' own commands: one that fails harms no other.</summary>
public sealed class UserTerminalTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    [Fact]
    public async Task RunAsync_ResultThatCannotBeStored_IsToldAndTheNextCommandRuns()
    {
        await using var server = await new StandInV1Server([], Id).StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        agent.Conversation.FailsFrom = agent.Conversation.Head + 2;
        await RunAsync(agent, "first");
        await agent.Conversation.UntilAsync(static c => c.TransientMessages.Any(static m => m["error"] is not null));
        agent.Conversation.FailsFrom = int.MaxValue;
        await RunAsync(agent, "second");
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("run!"));

        agent.Conversation.Words.Skip(2).Should().Equal("run", "run", "run!");
        agent.Conversation.Events[^1]["cause"].Should().BeEquivalentTo(new JValue(3));
        server.Calls.Should().HaveCount(2);
        await agent.UntilIdleAsync();
    }

    private static Task<string?> RunAsync(V1AgentHarness agent, string command) =>
        agent.ActAsync("run", new JObject { ["command"] = command });
}
