using Newtonsoft.Json.Linq;

namespace Gateway.Conversations;

/// <summary>
/// The conversations of a server behind the backend, as far as they are seen and changed as wholes. Thread-safe. Every call ends by itself
/// within seconds, whatever the server does, and none throws for it.
/// </summary>
internal interface IBackendConversations
{
    /// <summary>True when a new conversation takes its model and key from V0's settings: without them none can be made.</summary>
    bool NeedsModelSettings { get; }

    /// <summary>
    /// Those that a list may show, the newest first: as the server said a moment ago, or last, when it does not answer in time. The same
    /// list as long as nothing was asked anew.
    /// </summary>
    ValueTask<IReadOnlyList<BackendConversation>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Null when the server does not know it, or does not answer.</summary>
    ValueTask<BackendConversation?> FindAsync(ConversationId id, CancellationToken cancellationToken);

    ValueTask<BackendAnswer> CreateAsync(BackendCreation wanted, CancellationToken cancellationToken);

    ValueTask<BackendAnswer> RenameAsync(ConversationId id, string title, CancellationToken cancellationToken);

    ValueTask<BackendAnswer> DeleteAsync(ConversationId id, CancellationToken cancellationToken);

    /// <summary>Ends what the agent does now. The conversation stays.</summary>
    ValueTask<BackendAnswer> StopAsync(ConversationId id, CancellationToken cancellationToken);
}

/// <summary>A conversation as its server tells of it. Immutable.</summary>
/// <param name="Id">In V0's spelling.</param>
/// <param name="Title">Null while it has none.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When something was last done in it, where the server says so.</param>
internal sealed record BackendConversation(ConversationId Id, string? Title, DateTimeOffset CreatedAt, DateTimeOffset? UpdatedAt);

/// <summary>A conversation to be made at the server.</summary>
/// <param name="Key">Its id, and whose settings count.</param>
/// <param name="FirstMessage">An action <c>message</c> of a user, checked; null for none.</param>
/// <param name="Instructions">What the agent is to know beside its prompt; null for nothing.</param>
internal sealed record BackendCreation(ConversationKey Key, JObject? FirstMessage, string? Instructions);

/// <summary>How a call to the server ended.</summary>
internal enum BackendOutcome
{
    Done,

    /// <summary>The server does not know the conversation.</summary>
    Unknown,

    /// <summary>It refused, or did not answer; in that case what was asked for may have been done.</summary>
    Failed,
}

/// <summary>What came of a call to the server. Immutable.</summary>
/// <param name="Problem">Why it failed, for a client's eyes.</param>
/// <param name="MessageId">V0's id of that text, where V0 has one.</param>
internal readonly record struct BackendAnswer(BackendOutcome Outcome, string? Problem = null, string? MessageId = null)
{
    public static BackendAnswer Done => default;

    public static BackendAnswer Unknown => new(BackendOutcome.Unknown);

    public static BackendAnswer Failed(string problem, string? messageId = null) => new(BackendOutcome.Failed, problem, messageId);
}

/// <summary>
/// The server behind the backend did not do what it was asked for: it refused, or did not answer. The message is for a client's eyes.
/// </summary>
internal sealed class BackendFailedException(string message) : Exception(message);
