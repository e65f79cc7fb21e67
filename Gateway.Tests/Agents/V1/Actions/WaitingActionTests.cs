using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Actions;

/// <summary>
/// An action that waits for the user, of which the gateway does not know yet: V1 would take a message that runs the agent for a
/// confirmation of it.
/// </summary>
public sealed class WaitingActionTests : V1ActionsTest
{
    /// <summary>The socket is open again, and what happened meanwhile has not come by it.</summary>
    [Fact]
    public async Task Message_SocketThatHasNotCaughtUp_RejectsWhatWaitsFirst()
    {
        var agent = await StartAsync(actionTimeout: TimeSpan.FromSeconds(8));
        await WaitUnseenAsync(agent);

        (await MessageAsync(agent, "No, look first")).Should().BeNull();

        Posted().Should().EndWith(["/events/respond_to_confirmation", "/events"]);
        Server.Calls.Should().Contain(static call => call.Contains("\"accept\":false"));
        V1.Messages.Should().Equal("Hi", "No, look first");
    }

    /// <summary>The server fails for a moment: what was known of it before is no ground to run anything.</summary>
    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(0)]
    public async Task Message_ServerThatDoesNotSayHowItStands_IsHeldUntilItDoes(int status)
    {
        var agent = await StartAsync(actionTimeout: TimeSpan.FromSeconds(8));
        await WaitUnseenAsync(agent);
        var (asked, recover) = FailLooks(status);

        (await MessageAsync(agent, "No, look first")).Should().BeNull("nothing is known yet");
        await asked.WaitAsync(TestLimits.Step);
        Posted().Should().Equal("/events");
        recover();
        await Eventually.IsTrueAsync(() => V1.Messages.Count == 2, "it says how it stands");

        Posted().Should().Equal("/events", "/events/respond_to_confirmation", "/events");
        Conversation.TransientMessages.Should().NotContain(static m => (string?)m["id"] == "STATUS$ERROR");
    }

    [Fact]
    public async Task Message_ServerThatNeverSaysHowItStands_IsRefusedAndNothingIsPosted()
    {
        var agent = await StartAsync(actionTimeout: TimeSpan.FromSeconds(1));
        await WaitUnseenAsync(agent);
        FailLooks(503);

        var refusal = await MessageAsync(agent, "No, look first");

        refusal.Should().Be("The agent server does not say whether an action waits for the user. The message was not sent.");
        Posted().Should().Equal("/events");
    }

    /// <summary>The socket is lost while the agent runs, and the next one brings nothing: that an action waits is not known here.</summary>
    private async Task WaitUnseenAsync(V1AgentHarness agent)
    {
        (await MessageAsync(agent, "Hi")).Should().BeNull();
        await Conversation.UntilAsync(static c => c.Words.Contains("=running"));
        Server.IsSilent = static number => number > 0;
        Server.CutAll();
        V1.Act("rm -r .");
        V1.SetStatus("waiting_for_confirmation");
        await Eventually.IsTrueAsync(() => Server.Connections > 1 && agent.Agent.UpstreamState == "OPEN", "the next socket is open");
        Conversation.Words.Should().NotContain("=awaiting_user_confirmation");
    }

    /// <summary>The question how the conversation stands fails from now on; 0 cuts it off.</summary>
    private (Task Asked, Action Recover) FailLooks(int status)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var path = $"/api/conversations/{Server.ConversationId:D}";
        Server.Rest.Instead = async context =>
        {
            if (!HttpMethods.IsGet(context.Request.Method) || context.Request.Path != path)
            {
                return false;
            }

            asked.TrySetResult();
            if (status == 0)
            {
                context.Abort();
            }
            else
            {
                await StandInAnswer.WriteAsync(context, status, new JObject { ["detail"] = "busy" });
            }

            return true;
        };
        return (asked.Task, () => Server.Rest.Instead = null);
    }

    private List<string> Posted() => [.. Server.Calls.Select(static call => call.Split(' ')[0])];
}
