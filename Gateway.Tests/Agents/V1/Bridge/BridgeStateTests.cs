using Gateway.Agents.V1;
using Gateway.Agents.V1.Bridge;
using Gateway.Tests.Agents.V1.Translation;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Bridge;

/// <summary>The agent's state when V1's log does not say it, or not alone: a server that is away, a log that is lost, a snapshot.</summary>
public sealed class BridgeStateTests : IDisposable
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private readonly TestMeterFactory _meters = new();
    private readonly KindCounter _kinds;

    public BridgeStateTests() => _kinds = new KindCounter(new V1Metrics(_meters), NullLogger.Instance);

    public void Dispose() => _meters.Dispose();

    /// <summary>A look at a resting conversation that fails once is nothing that anybody need remember.</summary>
    [Fact]
    public async Task DisconnectedAsync_FirstFailedLook_IsAnErrorOnlyWhenTheNextOneFailsToo()
    {
        var conversation = new MemoryConversation(Id);
        var bridge = await LoadAsync(conversation);
        await bridge.CaughtUpAsync(CancellationToken.None);

        await bridge.DisconnectedAsync(1, CancellationToken.None);
        var once = conversation.Words;
        await bridge.CaughtUpAsync(CancellationToken.None);
        await bridge.DisconnectedAsync(1, CancellationToken.None);
        await bridge.DisconnectedAsync(2, CancellationToken.None);

        once.Should().Equal("=awaiting_user_input");
        conversation.Words.Should().Equal("=awaiting_user_input", "=error");
        conversation.TransientMessages.Select(static m => (string?)m["id"]).Should().Equal(
            "STATUS$READY", "STATUS$STARTING_RUNTIME", "STATUS$READY", "STATUS$STARTING_RUNTIME", "STATUS$ERROR_RUNTIME_DISCONNECTED");
    }

    /// <summary>Nothing in a log that was begun anew says how the run of the old one has ended.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RestartAsync_InARun_EndsItAndShowsWhatTheServerSays(bool isLater)
    {
        var v1 = new V1Event();
        var conversation = new MemoryConversation(Id);
        var bridge = await LoadAsync(conversation);
        await bridge.CaughtUpAsync(CancellationToken.None);
        await bridge.TakeAsync([v1.Message("user", "Hi"), v1.Status("running")], CancellationToken.None);
        await bridge.TakeAsync([v1.Action("TerminalAction", "\"command\":\"ls\"", tool: "terminal")], CancellationToken.None);
        await bridge.OnIdleAsync(CancellationToken.None);
        if (isLater)
        {
            await bridge.CloseAsync();
            bridge = await LoadAsync(conversation);
        }

        await bridge.ConnectedAsync(new JObject { ["execution_status"] = "idle" }, CancellationToken.None);
        await bridge.RestartAsync(CancellationToken.None);
        await bridge.CaughtUpAsync(CancellationToken.None);
        var again = await LoadAsync(conversation);
        await again.ConnectedAsync(new JObject { ["execution_status"] = "idle" }, CancellationToken.None);
        await again.RestartAsync(CancellationToken.None);
        await again.CaughtUpAsync(CancellationToken.None);

        conversation.Words.Skip(1).Should().Equal("message", "=running", "run", "error!", "=awaiting_user_input");
        ((int?)conversation.Events[^2]["cause"]).Should().Be(3);
        bridge.Status.Should().Be("idle");
        bridge.IsAtWork.Should().BeFalse();
    }

    /// <summary>The older socket sends its snapshot when it opens; what the log says by then may be newer.</summary>
    [Fact]
    public async Task TakeTransientAsync_StateMadeBeforeTheLogsStatus_ChangesNothing()
    {
        var v1 = new V1Event();
        var conversation = new MemoryConversation(Id);
        var bridge = await LoadAsync(conversation);
        await bridge.CaughtUpAsync(CancellationToken.None);
        var older = v1.Update("full_state", """{"execution_status":"finished"}""");
        await bridge.TakeAsync([v1.Status("running")], CancellationToken.None);

        await bridge.TakeTransientAsync(older, CancellationToken.None);
        var (isAtWork, quietAfter) = (bridge.IsAtWork, bridge.QuietAfter);
        await bridge.OnIdleAsync(CancellationToken.None);
        var afterOlder = conversation.Words;
        await bridge.TakeTransientAsync(v1.Update("full_state", """{"execution_status":"finished"}"""), CancellationToken.None);
        await bridge.OnIdleAsync(CancellationToken.None);

        isAtWork.Should().BeTrue();
        quietAfter.Should().BeNull();
        afterOlder.Should().Equal("=awaiting_user_input", "=running");
        conversation.Words.Should().Equal("=awaiting_user_input", "=running", "=finished");
        bridge.IsAtWork.Should().BeFalse();
    }

    private ValueTask<ConversationBridge> LoadAsync(MemoryConversation conversation) => ConversationBridge.LoadAsync(
        conversation, new V1Map(conversation), new NoObserver(), _kinds, TimeProvider.System, CancellationToken.None);
}
