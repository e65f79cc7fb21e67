using Gateway.Tests.Agents.V1.Translation;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1;

/// <summary>Actions under a policy that asks, with a clock that stands still: what is shown has waited for no time.</summary>
public sealed class V1AgentConfirmationTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private readonly V1Event _v1 = new();

    [Theory]
    [InlineData("TerminalAction", "LOW", "run")]
    [InlineData("FinishAction", "UNKNOWN", "finish")]
    [InlineData("ThinkAction", "UNKNOWN", "think")]
    public async Task RunAsync_ActionThatNobodyWillBeAskedAbout_IsShownAtOnce(string kind, string risk, string shown)
    {
        await using var server = await ServeAsync(_v1.Action(kind, risk: risk));
        await using var agent =
            await new V1AgentHarness(server, new MemoryConversation(Id), clock: new FakeTimeProvider()).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Show();

        await agent.Conversation.UntilAsync(c => c.Words.Contains(shown));
        agent.Conversation.Words.TakeLast(2).Should().Equal("=running", shown);
    }

    [Fact]
    public async Task RunAsync_ActionThatSomebodyMayBeAskedAbout_WaitsUntilV1Says()
    {
        await using var server = await ServeAsync(_v1.Action("TerminalAction", risk: "HIGH"), _v1.Status("waiting_for_confirmation"));
        await using var agent =
            await new V1AgentHarness(server, new MemoryConversation(Id), clock: new FakeTimeProvider()).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Show();

        await agent.Conversation.UntilAsync(static c => c.Words.Contains("run"));
        agent.Conversation.Words.TakeLast(3).Should().Equal("=running", "=awaiting_user_confirmation", "run");
    }

    private Task<StandInV1Server> ServeAsync(params JObject[] events)
    {
        const string Policy = """{"kind":"ConfirmRisky","threshold":"MEDIUM","confirm_unknown":true}""";
        const string Analyzer = """{"kind":"LLMSecurityAnalyzer"}""";
        JObject[] log =
        [
            _v1.Update("confirmation_policy", Policy), _v1.Update("security_analyzer", Analyzer), _v1.Status("running"), .. events,
        ];
        return new StandInV1Server(log, Id)
        {
            Tell = static info =>
            {
                info["confirmation_policy"] = JObject.Parse(Policy);
                info["security_analyzer"] = JObject.Parse(Analyzer);
            },
        }.StartAsync();
    }
}
