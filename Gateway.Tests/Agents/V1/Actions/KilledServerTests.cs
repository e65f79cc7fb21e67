using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Actions;

/// <summary>Messages under which the server is killed, and what the one that comes after it is asked for.</summary>
public sealed class KilledServerTests : V1ActionsTest
{
    [Fact]
    public async Task Stop_WhileTheServerIsKilledUnderAMessage_LeavesItStoredAndNotRun()
    {
        var agent = await StartAsync();
        V1.BeforeMessage = _ => Task.FromResult(false);
        Server.Uptime = static () => TimeSpan.FromHours(1);
        (await agent.ActAsync("message", new JObject { ["content"] = "Hi" })).Should().BeNull();

        await agent.ActAsync("change_agent_state", new JObject { ["agent_state"] = "stopped", ["thought"] = "" });
        await Conversation.UntilAsync(static c => c.Words.Contains("=stopped"));
        V1.BeforeMessage = static _ => Task.FromResult(true);
        Server.Uptime = static () => TimeSpan.Zero;
        await Eventually.IsTrueAsync(() => V1.Messages.Count > 0, "the new server gets it");
        await Eventually.IsTrueAsync(() => !agent.Agent.IsBusy, "nothing is under way any more");

        V1.Messages.Should().Equal("Hi (not run)");
        Conversation.Words.Should().NotContain("=running");
    }

    /// <summary>Nothing is said of a turn: the new server has room.</summary>
    [Fact]
    public async Task Message_StoredByAServerThatIsKilledBeforeItRuns_IsRunAtOnce()
    {
        var agent = await StartAsync();
        V1.AfterMessage = _ =>
        {
            V1.SetStatus("idle");
            return Task.FromResult<int?>(0);
        };

        (await agent.ActAsync("message", new JObject { ["content"] = "Hi" })).Should().BeNull();
        await Eventually.IsTrueAsync(() => Server.Calls.Any(static call => call.StartsWith("/run", StringComparison.Ordinal)), "asked");
        await Eventually.IsTrueAsync(() => Server.Status == "running", "it runs");

        V1.Messages.Should().Equal("Hi");
        Conversation.TransientMessages.Should().NotContain(static told => $"{told["message"]}".Contains("its turn"));
    }
}
