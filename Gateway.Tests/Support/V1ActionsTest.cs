using Gateway.Agents.V1;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A test class whose tests each have a V1 agent against a stand-in server that has an agent of its own. The base of such classes; one test
/// at a time.
/// </summary>
public abstract class V1ActionsTest : IAsyncLifetime, IAsyncDisposable
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private V1AgentHarness? _harness;

    private protected StandInV1Server Server { get; } = new([], Id) { Version = "1.58.2" };

    private protected MemoryConversation Conversation { get; } = new(Id);

    private protected StandInV1Agent V1 => Server.Agent!;

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_harness is not null)
        {
            await _harness.DisposeAsync();
        }

        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The agent with its socket open, four seconds for an action where nothing else is said.</summary>
    private protected async Task<V1AgentHarness> StartAsync(TimeSpan? actionTimeout = null)
    {
        var agent = await StartAsync(new StandInV1Agent(Server), options =>
        {
            options.RequestTimeout = TimeSpan.FromSeconds(1);
            options.ActionTimeout = actionTimeout ?? TimeSpan.FromSeconds(4);
        });
        await Server.FirstJoined.WaitAsync(TestLimits.Step);
        return agent;
    }

    private protected async Task<V1AgentHarness> StartAsync(StandInV1Agent agent, Action<V1Options>? configure)
    {
        Server.Agent = agent;
        await Server.StartAsync();
        _harness = await new V1AgentHarness(Server, Conversation, configure).StartAsync();
        await Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        return _harness;
    }

    private protected static Task<string?> MessageAsync(V1AgentHarness agent, string text) =>
        agent.ActAsync("message", new JObject { ["content"] = text });
}
