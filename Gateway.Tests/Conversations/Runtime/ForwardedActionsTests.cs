using System.Collections.Concurrent;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>Actions of other gateways' clients do not wait for one another.</summary>
public sealed class ForwardedActionsTests
{
    private static readonly ConversationKey s_key = TestStore.Key("c");

    [Fact]
    public async Task RunAsync_ActionThatTakesLong_KeepsThoseOfOtherClientsFromNothing()
    {
        var store = new Actions();
        var slow = new TaskCompletionSource<string?>();
        using var stop = new CancellationTokenSource();
        var forwarded = new ForwardedActions(
            s_key,
            Context(store),
            static () => true,
            action => (string?)action.Json["action"] == "slow" ? new ValueTask<string?>(slow.Task) : new ValueTask<string?>("no"),
            static () => { });
        var running = forwarded.RunAsync(stop.Token);

        var (first, second) = (Action("slow"), Action("fast"));
        forwarded.OnAction(first);
        forwarded.OnAction(second);

        await Eventually.IsTrueAsync(() => store.Answers.ContainsKey(second.Id), "the second one has its answer");
        store.Answers.Should().NotContainKey(first.Id);
        slow.SetResult(null);
        await Eventually.IsTrueAsync(() => store.Answers.ContainsKey(first.Id), "so has the first one");
        store.Answers[second.Id].Should().Be("no");
        await stop.CancelAsync();
        await running.WaitAsync(TestLimits.Step);
    }

    /// <summary>It may have been done: whoever is told to send it again would have it done twice.</summary>
    [Fact]
    public async Task SubmitAsync_NoAnswerAndTheStoreIsAway_SaysThatNobodyKnows()
    {
        var clock = new FakeTimeProvider();
        var store = new Actions { IsAway = true };
        var forwarded = new ForwardedActions(
            s_key, Context(store, clock), static () => false, static _ => throw new InvalidOperationException(), static () => { });
        var submitted = forwarded.SubmitAsync(new UserAction(new JObject { ["action"] = "run" }), CancellationToken.None).AsTask();
        await clock.TimerSetAsync(TimeSpan.FromSeconds(10));

        clock.Advance(TimeSpan.FromSeconds(10));

        (await submitted.WaitAsync(TestLimits.Step)).Should().Be(ActionRefusals.Unknown);
    }

    private static RoomMessage Action(string name) =>
        RoomMessage.Create(RoomMessageKind.Action, EventWriter.Encode(new JObject { ["action"] = name }));

    private static SessionContext Context(Actions store, TimeProvider? clock = null) => new(
        new ConversationsOptions(), clock ?? TimeProvider.System, null!, null!, null!, null!, NullLogger<ConversationSession>.Instance,
        null!,
        new ConversationGateways(new SingleGateway(), store, new SingleGateway(), new SingleGateway(), new NoClaims()),
        new PageReadAhead(TimeProvider.System));

    /// <summary>Any thread.</summary>
    private sealed class Actions : IPendingActions
    {
        public ConcurrentDictionary<string, string?> Answers { get; } = [];

        public bool IsAway { get; init; }

        public ValueTask<IReadOnlyList<(RoomMessage Action, bool IsBegun)>> ListAsync(
            ConversationKey key, CancellationToken cancellationToken) => new([]);

        public ValueTask<bool> TryTakeAsync(ConversationKey key, RoomMessage action, CancellationToken cancellationToken) =>
            IsAway ? throw new StorageException(StorageFailure.Unavailable, "the store cannot be reached") : new(true);

        public ValueTask AnswerAsync(ConversationKey key, RoomMessage action, string? refusal, CancellationToken cancellationToken)
        {
            Answers[action.Id] = refusal;
            return ValueTask.CompletedTask;
        }
    }
}
