namespace Gateway.Conversations.Storage;

/// <summary>
/// Which gateway has the agent of a conversation: one at a time, for as long as it says again and again that it is there. Any thread;
/// throws as <see cref="IConversationCatalogue"/> does.
/// </summary>
internal interface IAgentLeases
{
    /// <summary>
    /// Takes the conversation's agent for whoever appends to this log, which from then on takes events only while nobody else has taken the
    /// agent. Null while another gateway has it.
    /// </summary>
    /// <param name="log">Whose agent it is.</param>
    /// <param name="makesUnknown">
    /// The store need not know the conversation. Otherwise one that it does not know, or not any more, throws
    /// <see cref="StorageFailure.Deleted"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IAgentLease?> TryTakeAsync(IEventLog log, bool makesUnknown, CancellationToken cancellationToken);

    /// <summary>Whether some other gateway has the conversation's agent.</summary>
    ValueTask<bool> IsHeldElsewhereAsync(ConversationKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Which gateways have the agents of these conversations, by the names that <see cref="INodeTable"/> has for them; without those that
    /// nobody has.
    /// </summary>
    /// <param name="keys">A page's, not all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyDictionary<ConversationKey, string>> FindHoldersAsync(
        IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken);

    /// <summary>A user's conversations whose agents some gateway has, this one included.</summary>
    ValueTask<IReadOnlyList<HeldAgent>> ListAsync(ConversationId? userId, CancellationToken cancellationToken);
}

/// <summary>A conversation whose agent some gateway has.</summary>
/// <param name="Age">For how long that gateway has it.</param>
/// <param name="LastActive">When something was last stored of it, as its metadata say; null when they do not.</param>
internal readonly record struct HeldAgent(ConversationKey Key, TimeSpan Age, DateTimeOffset? LastActive);

/// <summary>A conversation's agent is ours. Any thread.</summary>
internal interface IAgentLease
{
    /// <summary>Fires when it is ours no longer, or when that could not be made sure in time: the agent stops at once.</summary>
    CancellationToken Lost { get; }

    /// <summary>
    /// When it was taken: the agent has been told of clients' actions through this id, wherever it was, or has no need to be.
    /// </summary>
    int HeardThrough { get; }

    /// <summary>Gives it up, and tells the others. Never throws.</summary>
    ValueTask ReleaseAsync();
}
