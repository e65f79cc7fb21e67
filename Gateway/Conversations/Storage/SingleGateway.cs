using System.Collections.Frozen;

namespace Gateway.Conversations.Storage;

/// <summary>A store that no other gateway shares, or whose sharers know nothing of one another: every agent is here. Stateless.</summary>
internal sealed class SingleGateway : IRoomMessages, IPendingActions, IAgentLeases, IClientCounts
{
    public bool IsShared => false;

    public void Post(ConversationKey key, RoomMessage message)
    {
        // Nobody else is there.
    }

    public ValueTask<bool> SendAsync(ConversationKey key, RoomMessage message, CancellationToken cancellationToken) => new(true);

    public ValueTask<IDisposable> WatchAsync(
        ConversationKey key, TimeSpan waitTime, Action<RoomMessage> onMessage, Action onFree, CancellationToken cancellationToken) =>
        new(Nothing.Instance);

    public ValueTask<IReadOnlyList<(RoomMessage Action, bool IsBegun)>> ListAsync(
        ConversationKey key, CancellationToken cancellationToken) => new([]);

    public ValueTask<bool> TryTakeAsync(ConversationKey key, RoomMessage action, CancellationToken cancellationToken) => new(false);

    public ValueTask AnswerAsync(ConversationKey key, RoomMessage action, string? refusal, CancellationToken cancellationToken) => default;

    public ValueTask<IAgentLease?> TryTakeAsync(IEventLog log, bool makesUnknown, CancellationToken cancellationToken) =>
        new(Nothing.Instance);

    public ValueTask<bool> IsHeldElsewhereAsync(ConversationKey key, CancellationToken cancellationToken) => new(false);

    public ValueTask<IReadOnlyDictionary<ConversationKey, string>> FindHoldersAsync(
        IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken) =>
        new(FrozenDictionary<ConversationKey, string>.Empty);

    public ValueTask<IReadOnlyList<HeldAgent>> ListAsync(ConversationId? userId, CancellationToken cancellationToken) => new([]);

    public void Set(ConversationKey key, int clients)
    {
        // Nobody else will ask.
    }

    public ValueTask<IReadOnlyDictionary<ConversationId, OpenConversation>> FindOpenAsync(
        ConversationId? userId, IReadOnlyCollection<ConversationId> ids, CancellationToken cancellationToken) =>
        new(FrozenDictionary<ConversationId, OpenConversation>.Empty);

    private sealed class Nothing : IDisposable, IAgentLease
    {
        public static readonly Nothing Instance = new();

        public CancellationToken Lost => CancellationToken.None;

        public int HeardThrough => int.MaxValue;

        public ValueTask ReleaseAsync() => ValueTask.CompletedTask;

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
