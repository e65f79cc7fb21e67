namespace Gateway.Conversations.Storage;

/// <summary>
/// What a store holds, byte for byte and damaged or not: for who moves a whole store. Events and journals are read and written by their own
/// contracts. Thread-safe. Throws as <see cref="IConversationCatalogue"/> does.
/// </summary>
internal interface IStoreContents
{
    /// <summary>Everybody who may have something, in the order of names; null, for what belongs to nobody, is the first.</summary>
    ValueTask<IReadOnlyList<ConversationId?>> ListUsersAsync(CancellationToken cancellationToken);

    /// <summary>All of a user's conversations, in the order of their ids as bytes, those included of which nothing is said.</summary>
    IAsyncEnumerable<ConversationId> ListConversationsAsync(ConversationId? userId, CancellationToken cancellationToken);

    /// <summary>
    /// Why the conversation is not whole, as after a copy that was broken off; null when nothing shows it. What a store writes in one step
    /// never is.
    /// </summary>
    ValueTask<string?> FindDamageAsync(ConversationKey key, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    /// <summary>The names of a conversation's journals, in order.</summary>
    ValueTask<IReadOnlyList<string>> ListJournalsAsync(ConversationKey key, CancellationToken cancellationToken);

    /// <summary>Null when there is none.</summary>
    ValueTask<byte[]?> ReadMetadataAsync(ConversationKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Compare and set: writes, whole or not at all, if what is stored has the version that is expected
    /// (<see cref="DocumentBytes.Version"/>).
    /// </summary>
    /// <param name="expectedVersion">Null when none is there.</param>
    ValueTask<bool> TryWriteMetadataAsync(
        ConversationKey key, byte[] content, string? expectedVersion, CancellationToken cancellationToken);

    /// <summary>Null when there is none.</summary>
    ValueTask<byte[]?> ReadDocumentAsync(UserDocument document, ConversationId? userId, CancellationToken cancellationToken);

    /// <summary>As <see cref="TryWriteMetadataAsync"/>.</summary>
    ValueTask<bool> TryWriteDocumentAsync(
        UserDocument document, ConversationId? userId, byte[] content, string? expectedVersion, CancellationToken cancellationToken);

    /// <summary>What stands beside a user's conversations and documents and is none of this contract.</summary>
    ValueTask<IReadOnlyList<ForeignItem>> ListForeignAsync(ConversationId? userId, CancellationToken cancellationToken);

    /// <summary>What stands in a conversation's place and is none of this contract.</summary>
    ValueTask<IReadOnlyList<ForeignItem>> ListForeignAsync(ConversationKey key, CancellationToken cancellationToken);
}

/// <summary>Something in a store that the gateway neither reads nor writes: files of V0's agent, for example.</summary>
/// <param name="Problem">Why it cannot be read, where it looks like what should be; null where it is only somebody else's.</param>
internal readonly record struct ForeignItem(string Name, string? Problem = null);

/// <summary>A store with all its parts.</summary>
internal sealed record WholeStore(IEventLogStore Logs, IJournalStore Journals, IStoreContents Contents);
