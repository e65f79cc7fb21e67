namespace Gateway.Conversations.Storage;

/// <summary>
/// Which of two processes on one machine has a conversation open, where the second takes the first one's place: what the first stores is
/// in the log before the second opens it, and its agent has ended. Any thread.
/// </summary>
internal interface IConversationClaims
{
    /// <summary>
    /// The conversation is this process's until the result is disposed. While another process has it that one is asked for it, and this
    /// waits; not for ever: two processes on one store do no harm to its events.
    /// </summary>
    ValueTask<IConversationClaim> TakeAsync(ConversationKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Those of these conversations, claimed here, for which another process waits. Throws as <see cref="IConversationCatalogue"/> does.
    /// </summary>
    ValueTask<IReadOnlyList<ConversationKey>> FindWantedAsync(
        IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken);
}

/// <summary>A conversation is this process's until it is disposed, where <see cref="IsHeld"/>. Any thread; never throws.</summary>
internal interface IConversationClaim : IAsyncDisposable
{
    /// <summary>Another process had it, and was waited for.</summary>
    bool WasElsewhere { get; }

    /// <summary>False when another process has it still, or the store does not say.</summary>
    bool IsHeld { get; }
}

/// <summary>Nobody takes this process's place while it runs, or the store sees to it. Stateless.</summary>
internal sealed class NoClaims : IConversationClaims, IConversationClaim
{
    public bool WasElsewhere => false;

    public bool IsHeld => true;

    public ValueTask<IConversationClaim> TakeAsync(ConversationKey key, CancellationToken cancellationToken) => new(this);

    public ValueTask<IReadOnlyList<ConversationKey>> FindWantedAsync(
        IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken) => new([]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
