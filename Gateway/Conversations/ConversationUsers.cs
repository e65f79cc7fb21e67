using Gateway.Access;

namespace Gateway.Conversations;

/// <summary>
/// Whose conversations a caller asks for: the caller's own user's, or those of the user that the settings name (V0's layout without users
/// when they name none). Immutable; any thread.
/// </summary>
internal sealed class ConversationUsers(ConversationsOptions options, IAgentBackendFactory backends)
{
    private readonly ConversationId? _defaultUser = ConversationId.TryParse(options.UserId, out var user) ? user : null;

    /// <summary>
    /// The user of a caller; null for a store without users. A policy that names a user whose name is no safe file name throws: its names
    /// must pass <see cref="ConversationId.TryParse"/>.
    /// </summary>
    public ConversationId? UserOf(Caller caller) => caller.UserId switch
    {
        null => _defaultUser,
        var name when ConversationId.TryParse(name, out var user) => user,
        _ => throw new InvalidOperationException("The access policy named a user whose name cannot be a folder's."),
    };

    /// <summary>The key under which the caller's conversation is kept, however its id is spelled.</summary>
    public ConversationKey KeyOf(ConversationId id, Caller caller) => new(backends.Canonical(id), UserOf(caller));
}
