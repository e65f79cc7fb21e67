using System.Collections.Frozen;
using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>What the gateways that share a store have to do with one another. Immutable; each part from any thread.</summary>
internal sealed record ConversationGateways(
    IRoomMessages Rooms, IPendingActions Actions, IAgentLeases Leases, IClientCounts Clients, IConversationClaims Claims)
{
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Other gateways may serve the same conversations.</summary>
    public bool AreShared => Rooms.IsShared;

    /// <summary>Whether another gateway has the conversation open, with its agent.</summary>
    public ValueTask<bool> IsOpenElsewhereAsync(ConversationKey key, CancellationToken cancellationToken) =>
        AreShared ? Leases.IsHeldElsewhereAsync(key, cancellationToken) : new ValueTask<bool>(false);

    /// <summary>As <see cref="IClientCounts.FindOpenAsync"/>: one question for all of them.</summary>
    public ValueTask<IReadOnlyDictionary<ConversationId, OpenConversation>> FindOpenAsync(
        ConversationId? userId, IReadOnlyCollection<ConversationId> ids, CancellationToken cancellationToken) =>
        AreShared && ids.Count > 0
            ? Clients.FindOpenAsync(userId, ids, cancellationToken)
            : new(FrozenDictionary<ConversationId, OpenConversation>.Empty);

    /// <summary>Has the clients of other gateways shown something without an id, after this event.</summary>
    /// <param name="key">The conversation.</param>
    /// <param name="json">What is shown.</param>
    /// <param name="afterId">The event that it follows.</param>
    /// <param name="waits">It waits for the first client, wherever that comes.</param>
    public void PostShow(ConversationKey key, JObject json, int afterId, bool waits)
    {
        if (AreShared)
        {
            var kind = waits ? RoomMessageKind.Wait : RoomMessageKind.Show;
            Rooms.Post(key, RoomMessage.Create(kind, EventWriter.Encode(json), afterId));
        }
    }

    /// <summary>The room has a client here: what waits for the first one elsewhere does so no more.</summary>
    public void PostJoined(ConversationKey key) =>
        Rooms.Post(key, RoomMessage.Create(RoomMessageKind.Joined, ReadOnlyMemory<byte>.Empty));

    /// <summary>Has the conversation's session end at every other gateway. True when it was open at one of them.</summary>
    public async ValueTask<bool> CloseElsewhereAsync(ConversationKey key, SessionCloseReason reason, CancellationToken cancellationToken)
    {
        if (!AreShared)
        {
            return false;
        }

        var isOpen = await Leases.IsHeldElsewhereAsync(key, cancellationToken);
        await Rooms.SendAsync(key, CloseMessage(reason), cancellationToken);
        return isOpen;
    }

    /// <summary>As <see cref="CloseElsewhereAsync"/>, for who cannot wait for it.</summary>
    public void PostClose(ConversationKey key, SessionCloseReason reason) => Rooms.Post(key, CloseMessage(reason));

    /// <summary>Waits until no other gateway has the conversation's agent; not for one that has died.</summary>
    public async ValueTask ClosedElsewhereAsync(ConversationKey key, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (await Leases.IsHeldElsewhereAsync(key, cancellationToken) && timeProvider.GetElapsedTime(started) < s_closeLimit)
        {
            await Task.Delay(s_lookInterval, timeProvider, cancellationToken);
        }
    }

    private static RoomMessage CloseMessage(SessionCloseReason reason) =>
        RoomMessage.Create(RoomMessageKind.Close, Encoding.UTF8.GetBytes(reason.ToString()));
}
