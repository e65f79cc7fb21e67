using Gateway.Agents.V1;
using Gateway.Agents.V1.Bridge;
using Gateway.Primitives.Json;
using Gateway.Tests.Agents.V1.Translation;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Bridge;

/// <summary>What a bridge knows besides V1's log: files of messages, titles, stops, and events that come before their number.</summary>
public sealed class BridgeEventsTests : IDisposable
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private readonly V1Event _v1 = new();
    private readonly MemoryConversation _conversation = new(Id);
    private readonly TestMeterFactory _meters = new();
    private readonly TitleObserver _titles = new();

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task TakeAsync_MessageThatAClientSentWithFiles_HasThem()
    {
        var bridge = await LoadAsync();
        bridge.Sent.Add(new JObject { ["content"] = "Look", ["file_urls"] = new JArray("/workspace/a.txt") });

        await bridge.TakeAsync([_v1.Message("user", "Look"), _v1.Message("user", "Look")], CancellationToken.None);

        FilesOf(0).Should().Be("""["/workspace/a.txt"]""");
        FilesOf(1).Should().Be("[]", "that one was sent by somebody else");
    }

    /// <summary>The next process does not know the files any more, and must know the message all the same.</summary>
    [Fact]
    public async Task TakeAsync_ProcessDiesAfterAMessageWithFiles_AppendsItOnce()
    {
        var message = _v1.Message("user", "Look");
        var first = await LoadAsync();
        first.Sent.Add(new JObject { ["content"] = "Look", ["file_urls"] = new JArray("/workspace/a.txt") });
        await first.TakeAsync([message], CancellationToken.None);
        _conversation.LoseSideLines(int.MaxValue);

        var second = await LoadAsync();
        await second.TakeAsync([message, _v1.Message("agent", "Seen")], CancellationToken.None);

        _conversation.Words.Should().Equal("message", "message");
        FilesOf(0).Should().Be("""["/workspace/a.txt"]""");
    }

    /// <summary>V1 publishes an event before it has it on disk: then it comes without a number, and again with one.</summary>
    [Fact]
    public async Task TakeTransientAsync_EventThatComesAgainWithANumber_IsOneV0Event()
    {
        var bridge = await LoadAsync();
        var message = _v1.Message("agent", "Once");
        var action = _v1.Action("TerminalAction");

        await bridge.TakeTransientAsync(message, CancellationToken.None);
        await bridge.TakeTransientAsync(action, CancellationToken.None);
        await bridge.TakeAsync([message, action, _v1.Observation("TerminalObservation")], CancellationToken.None);
        await bridge.TakeTransientAsync(message, CancellationToken.None);
        await bridge.CaughtUpAsync(CancellationToken.None);

        _conversation.Words.Where(static word => word[0] != '=').Should().Equal("message", "run", "run!");
        bridge.LastSequence.Should().Be(2);
    }

    [Fact]
    public async Task TakeAsync_TitleThatTheServerTells_IsFollowedOnceItIsNoHistory()
    {
        var bridge = await LoadAsync();
        await bridge.TakeAsync([_v1.Update("title", "\"Old\"")], CancellationToken.None);
        await bridge.CaughtUpAsync(CancellationToken.None);

        await bridge.TakeAsync([_v1.Update("title", "\"New\""), _v1.Update("title", "null")], CancellationToken.None);
        await bridge.TakeTransientAsync(_v1.Update("full_state", """{"title":"Newer"}"""), CancellationToken.None);

        _titles.Told.Should().Equal("New", "Newer");
        _conversation.Events.Should().NotContain(static e => e.Text("action") == "message");
    }

    [Fact]
    public async Task RequestStop_WhileAnActionWaits_ShowsV0sStop()
    {
        var bridge = await LoadAsync();
        await bridge.TakeAsync(
            [_v1.Status("running"), _v1.Action("TerminalAction"), _v1.Status("waiting_for_confirmation")], CancellationToken.None);

        bridge.RequestStop();
        await bridge.TakeAsync(
            [_v1.Status("idle"), _v1.New("UserRejectObservation", "environment", "\"action_id\":\"a\",\"rejection_source\":\"user\"")],
            CancellationToken.None);

        _conversation.Words.Should().Equal("=running", "=awaiting_user_confirmation", "run", "error!", "=stopped");
        _conversation.Events[3].Integer("cause").Should().Be(2);
    }

    /// <summary>What the policy and a goal have said outlasts the process; so does an earlier version's note of the policy.</summary>
    [Fact]
    public async Task Snapshot_OfPolicyAndGoal_IsReadAgain()
    {
        var first = await LoadAsync();
        await first.TakeAsync(
            [
                _v1.Update("confirmation_policy", """{"kind":"ConfirmRisky","threshold":"LOW"}"""),
                _v1.Update("goal", """{"active":false}"""),
            ],
            CancellationToken.None);
        await first.CloseAsync();

        var second = await LoadAsync();
        await second.TakeAsync([_v1.Message("user", "The goal is NOT yet complete (audit iteration 1).")], CancellationToken.None);

        _conversation.Events[0].Text("source").Should().Be("user");
        var old = new Gateway.Agents.V1.Translation.TranslationContext();
        var snapshot = new JObject { ["policy"] = "NeverConfirm" };
        await ContextSnapshot.ReadAsync(snapshot, old, static _ => new ValueTask<JObject?>((JObject?)null));
        old.MayNeedConfirmation.Should().BeFalse();
    }

    private string FilesOf(int id) => _conversation.Events[id]["args"]!["file_urls"]!.ToString(Formatting.None);

    private ValueTask<ConversationBridge> LoadAsync() => ConversationBridge.LoadAsync(
        _conversation, new V1Map(_conversation), _titles, new KindCounter(new V1Metrics(_meters), NullLogger.Instance),
        TimeProvider.System, CancellationToken.None);

    private sealed class TitleObserver : IBridgeObserver
    {
        public List<string> Told { get; } = [];

        public void Connected(JObject info)
        {
        }

        public void Taken(JObject v1Event)
        {
        }

        public void TitleTold(string title) => Told.Add(title);

        public void TurnChanged()
        {
        }
    }
}
