using Gateway.Access;

namespace Gateway.Conversations;

/// <summary>A new conversation before it is made: its id, whose it is, and who answers in it. Immutable.</summary>
internal readonly record struct NewPlace(ConversationKey Key, IAgentBackendFactory Agent);

/// <summary>
/// Where conversations are: here, or at a server behind this one, to which their requests are passed on. Throws as
/// <see cref="Storage.IConversationCatalogue"/> does. Any thread.
/// </summary>
/// <param name="elsewhere">The server behind this one; null where there is none.</param>
internal sealed class ConversationPlaces(
    IAgentBackendFactory agents, KnownConversations known, ConversationUsers users, IConversationsElsewhere? elsewhere = null)
{
    public IConversationsElsewhere? Elsewhere => elsewhere;

    /// <summary>True when a request for the caller's conversation of this id goes to <see cref="Elsewhere"/>.</summary>
    public async ValueTask<bool> IsElsewhereAsync(ConversationId id, Caller caller, CancellationToken cancellationToken) =>
        elsewhere is not null && (await known.AgentOfAsync(users.KeyOf(id, caller), cancellationToken)).IsElsewhere;

    /// <summary>Draws an id, and decides by it and by the request where the new conversation is to be.</summary>
    public NewPlace Choose(Caller caller, HttpRequest request)
    {
        var key = new ConversationKey(ConversationId.NewRandom(), users.UserOf(caller));
        return new NewPlace(key, agents.Choose(key, request));
    }
}
