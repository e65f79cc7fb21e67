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
    ValueTask<IAgentLease?> TryTakeAsync(IEventLog log, CancellationToken cancellationToken);

    /// <summary>Whether some other gateway has the conversation's agent.</summary>
    ValueTask<bool> IsHeldElsewhereAsync(ConversationKey key, CancellationToken cancellationToken);
}

/// <summary>A conversation's agent is ours. Any thread.</summary>
internal interface IAgentLease
{
    /// <summary>Fires when it is ours no longer, or when that could not be made sure in time: the agent stops at once.</summary>
    CancellationToken Lost { get; }

    /// <summary>Gives it up, and tells the others. Never throws.</summary>
    ValueTask ReleaseAsync();
}
