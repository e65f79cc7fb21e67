namespace Gateway.Conversations.Storage;

/// <summary>How many clients the gateways that share a store have in its conversations. Any thread.</summary>
internal interface IClientCounts
{
    /// <summary>
    /// So many clients are in the conversation's room at this gateway now. Nobody waits for it: the others know within moments, and forget
    /// it a minute after this gateway has died.
    /// </summary>
    void Set(ConversationKey key, int clients);

    /// <summary>
    /// Those of a user's conversations that are open at some gateway, this one included: whose agent one has, or that have clients at
    /// others. Throws as <see cref="IConversationCatalogue"/> does.
    /// </summary>
    ValueTask<IReadOnlyDictionary<ConversationId, OpenConversation>> FindOpenAsync(
        ConversationId? userId, IReadOnlyCollection<ConversationId> ids, CancellationToken cancellationToken);
}

/// <summary>How a conversation stands at the gateways together.</summary>
/// <param name="HasAgent">One of them has its agent.</param>
/// <param name="ClientsElsewhere">Clients at others than this one.</param>
internal readonly record struct OpenConversation(bool HasAgent, int ClientsElsewhere);
