using System.Collections.Frozen;

using Gateway.Conversations;
using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Support;

/// <summary>As if another gateway had the agent of every conversation and answered nothing. Any thread.</summary>
internal sealed class OtherGateway : IRoomMessages, IAgentLeases
{
    public bool IsShared => true;

    /// <summary>It has the agents.</summary>
    public bool Holds { get; set; } = true;

    public void Post(ConversationKey key, RoomMessage message)
    {
        // It hears nothing.
    }

    public ValueTask<bool> SendAsync(ConversationKey key, RoomMessage message, CancellationToken cancellationToken) => new(true);

    public ValueTask<IDisposable> WatchAsync(
        ConversationKey key, TimeSpan waitTime, Action<RoomMessage> onMessage, Action onFree, CancellationToken cancellationToken) =>
        new(new CancellationTokenSource());

    public ValueTask<IAgentLease?> TryTakeAsync(IEventLog log, bool makesUnknown, CancellationToken cancellationToken) =>
        new((IAgentLease?)null);

    public ValueTask<bool> IsHeldElsewhereAsync(ConversationKey key, CancellationToken cancellationToken) => new(Holds);

    public ValueTask<IReadOnlyDictionary<ConversationKey, string>> FindHoldersAsync(
        IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken) =>
        new(FrozenDictionary<ConversationKey, string>.Empty);

    public ValueTask<IReadOnlyList<HeldAgent>> ListAsync(ConversationId? userId, CancellationToken cancellationToken) => new([]);
}
