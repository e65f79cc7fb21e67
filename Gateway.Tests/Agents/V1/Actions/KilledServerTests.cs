using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Actions;

/// <summary>Messages under which the server is killed, and what the one that comes after it is asked for.</summary>
public sealed class KilledServerTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private readonly StandInV1Server _server = new([], Id) { Version = "1.58.2" };
    private readonly MemoryConversation _conversation = new(Id);
    private V1AgentHarness? _harness;

    private StandInV1Agent V1 => _server.Agent!;

    [Fact]
    public async Task Stop_WhileTheServerIsKilledUnderAMessage_LeavesItStoredAndNotRun()
    {
        var agent = await StartAsync();
        V1.BeforeMessage = _ => Task.FromResult(false);
        _server.Uptime = static () => TimeSpan.FromHours(1);
        (await agent.ActAsync("message", new JObject { ["content"] = "Hi" })).Should().BeNull();

        await agent.ActAsync("change_agent_state", new JObject { ["agent_state"] = "stopped", ["thought"] = "" });
        await _conversation.UntilAsync(static c => c.Words.Contains("=stopped"));
        V1.BeforeMessage = static _ => Task.FromResult(true);
        _server.Uptime = static () => TimeSpan.Zero;
        await Eventually.IsTrueAsync(() => V1.Messages.Count > 0, "the new server gets it");
        await Eventually.IsTrueAsync(() => !agent.Agent.IsBusy, "nothing is under way any more");

        V1.Messages.Should().Equal("Hi (not run)");
        _conversation.Words.Should().NotContain("=running");
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
        await Eventually.IsTrueAsync(() => _server.Calls.Any(static call => call.StartsWith("/run", StringComparison.Ordinal)), "asked");
        await Eventually.IsTrueAsync(() => _server.Status == "running", "it runs");

        V1.Messages.Should().Equal("Hi");
        _conversation.TransientMessages.Should().NotContain(static told => $"{told["message"]}".Contains("its turn"));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_harness is not null)
        {
            await _harness.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    private async Task<V1AgentHarness> StartAsync()
    {
        _server.Agent = new StandInV1Agent(_server);
        await _server.StartAsync();
        _harness = await new V1AgentHarness(_server, _conversation, static options =>
        {
            options.RequestTimeout = TimeSpan.FromSeconds(1);
            options.ActionTimeout = TimeSpan.FromSeconds(4);
        }).StartAsync();
        await _server.FirstJoined.WaitAsync(TestLimits.Step);
        await _conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        return _harness;
    }
}
