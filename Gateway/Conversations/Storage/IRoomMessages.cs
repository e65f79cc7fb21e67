namespace Gateway.Conversations.Storage;

/// <summary>What a message between gateways is about.</summary>
internal enum RoomMessageKind
{
    /// <summary>Something without an id, to be shown to those in the room: a JSON object.</summary>
    Show,

    /// <summary>As <see cref="Show"/>, where nobody has been in the room so far: it waits for the first client.</summary>
    Wait,

    /// <summary>Somebody has come to the room at one of the gateways: nothing waits for the first client any more.</summary>
    Joined,

    /// <summary>The conversation's session ends everywhere: the reason's name.</summary>
    Close,

    /// <summary>A client's action, for the gateway that has the conversation's agent.</summary>
    Action,

    /// <summary>What became of the action whose message has this id: nothing, or the text of a refusal.</summary>
    Answer,

    /// <summary>The conversation's agent is nobody's now.</summary>
    Released,
}

/// <summary>What a conversation's gateways tell one another, and what has no id in the log. Immutable.</summary>
/// <param name="Id">Its name; an answer has that of its action.</param>
/// <param name="AfterId">The event that it follows.</param>
/// <param name="Number">Its place among the conversation's messages, once it is stored.</param>
internal sealed record RoomMessage(RoomMessageKind Kind, string Id, ReadOnlyMemory<byte> Body, int AfterId = -1, long Number = 0)
{
    public static RoomMessage Create(RoomMessageKind kind, ReadOnlyMemory<byte> body, int afterId = -1) =>
        new(kind, Guid.NewGuid().ToString("N"), body, afterId);
}

/// <summary>
/// Messages among the gateways at which a conversation is open. They live for about a minute, and none is lost for who watches. Any
/// thread; throws as <see cref="IConversationCatalogue"/> does.
/// </summary>
internal interface IRoomMessages
{
    /// <summary>False when this gateway alone has the store: nobody is told anything.</summary>
    bool IsShared { get; }

    /// <summary>
    /// Tells the others soon, in the order of the calls. Nobody waits for it; when far too many wait, the newest are dropped.
    /// </summary>
    void Post(ConversationKey key, RoomMessage message);

    /// <summary>Tells the others: done when it is stored. False when the store does not know the conversation.</summary>
    ValueTask<bool> SendAsync(ConversationKey key, RoomMessage message, CancellationToken cancellationToken);

    /// <summary>
    /// Has <paramref name="onMessage"/> called for what still waits for the first client, <paramref name="waitTime"/> at most, and for what
    /// others say from now on, one call at a time and in order; and <paramref name="onFree"/> when the conversation's agent seems to be
    /// nobody's, maybe needlessly and again and again; until the watch is disposed. Neither must block.
    /// </summary>
    ValueTask<IDisposable> WatchAsync(
        ConversationKey key, TimeSpan waitTime, Action<RoomMessage> onMessage, Action onFree, CancellationToken cancellationToken);
}

/// <summary>
/// Clients' actions that are handed to the gateway with the conversation's agent, which takes each at most once. Any thread; throws as
/// <see cref="IConversationCatalogue"/> does.
/// </summary>
internal interface IPendingActions
{
    /// <summary>Those that have no answer yet, the oldest first; with each whether somebody has begun it.</summary>
    ValueTask<IReadOnlyList<(RoomMessage Action, bool IsBegun)>> ListAsync(
        ConversationKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Begins an action, or takes it back so that nobody begins it. False when somebody has begun it, or it is not there.
    /// </summary>
    ValueTask<bool> TryTakeAsync(ConversationKey key, RoomMessage action, CancellationToken cancellationToken);

    /// <summary>Says what became of it: null, or the text of a refusal.</summary>
    ValueTask AnswerAsync(ConversationKey key, RoomMessage action, string? refusal, CancellationToken cancellationToken);
}
