using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>
/// Which conversations there are, and what is said about each: V0's metadata, a JSON object whose unknown fields are kept. Thread-safe.
/// A store that fails throws <see cref="IOException"/> (a <see cref="StorageException"/> where it can say why) or
/// <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal interface IConversationCatalogue
{
    /// <summary>
    /// A user's conversations, the newest <c>created_at</c> first: at most <paramref name="limit"/> of them, after the first
    /// <paramref name="offset"/>. What V0 cannot read (<see cref="MetadataRules"/>) is left out, and listed in the page.
    /// </summary>
    /// <param name="userId">Null for the conversations of a server without users.</param>
    /// <param name="offset">Below 0 it counts from the end, as V0's slices do.</param>
    /// <param name="limit">Any number, as with V0; the end of the page is also cut at <see cref="CataloguePage.Total"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<CataloguePage> ListAsync(ConversationId? userId, int offset, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// The conversation's metadata, or null when there is none. Metadata that is empty or damaged throws
    /// <see cref="DamagedMetadataException"/>: it harms this conversation alone.
    /// </summary>
    ValueTask<StoredDocument?> ReadAsync(ConversationKey key, CancellationToken cancellationToken);

    /// <summary>Writes the metadata of a conversation that has none. False when it has: that stays as it is.</summary>
    ValueTask<bool> TryCreateAsync(ConversationKey key, JObject metadata, CancellationToken cancellationToken);

    /// <summary>
    /// Compare and set: writes the metadata, whole or not at all, if what is stored is still what was read as
    /// <paramref name="expectedVersion"/>. False when somebody has changed or deleted it meanwhile: read it again and decide anew.
    /// </summary>
    ValueTask<bool> TryReplaceAsync(ConversationKey key, JObject metadata, string expectedVersion, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a conversation: metadata, events and journals, at once for every reader. False when there is none. The caller has closed
    /// its session: an append to a log that is still open would bring the conversation back.
    /// </summary>
    ValueTask<bool> DeleteAsync(ConversationKey key, CancellationToken cancellationToken);
}

/// <summary>
/// Some conversations of a list. <see cref="Total"/> counts all there are, damaged ones too, so that a list knows its end.
/// </summary>
internal sealed record CataloguePage(
    IReadOnlyList<CatalogueEntry> Entries, int Total, IReadOnlyList<DamagedEntry> Damaged)
{
    /// <summary>
    /// Which of those that can be listed stand on a page: as in Python's slices what is below 0 counts from the end, and as with V0 the
    /// page also ends at the number of all.
    /// </summary>
    public static (int From, int Count) Slice(int offset, int limit, int listed, int total)
    {
        var end = Math.Min((long)offset + limit, total);
        var (from, to) = (FromEnd(offset), FromEnd(end));
        return (from, Math.Max(0, to - from));

        int FromEnd(long position) => (int)Math.Clamp(position < 0 ? position + listed : position, 0, listed);
    }
}

/// <summary>One conversation of a list.</summary>
internal sealed record CatalogueEntry(ConversationKey Key, DateTimeOffset CreatedAt, StoredDocument Metadata);

/// <summary>A conversation that cannot be listed, and why. The text names no path.</summary>
internal readonly record struct DamagedEntry(string Name, string Problem);
