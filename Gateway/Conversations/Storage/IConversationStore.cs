using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>Where conversations are kept. Thread-safe. Disk and access errors are thrown as <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
internal interface IConversationStore
{
    /// <summary>
    /// The conversation's metadata (V0's <c>metadata.json</c>, unknown fields kept), or null when there is none.
    /// A file that is empty or damaged throws <see cref="InvalidDataException"/>: it harms this conversation alone.
    /// </summary>
    Task<JObject?> ReadMetadataAsync(ConversationKey key, CancellationToken cancellationToken);

    /// <summary>Writes the metadata, whole or not at all.</summary>
    Task WriteMetadataAsync(ConversationKey key, JObject metadata, CancellationToken cancellationToken);

    /// <summary>Opens the conversation's log; an unknown conversation has an empty one. Nothing is written before the first append.</summary>
    Task<IEventLog> OpenLogAsync(ConversationKey key, CancellationToken cancellationToken);
}

/// <summary>
/// The events of one conversation, on disk. Reads may come from any thread at any time, appends from one owner at a time (the
/// conversation's session). Needs no disposal: no file stays open between calls.
/// </summary>
internal interface IEventLog
{
    /// <summary>The highest stored id, or -1. Ids below it may be missing: gaps are no errors.</summary>
    int Head { get; }

    /// <summary>
    /// Stores an event under <paramref name="id"/>. When the task completes the event is whole on disk, as the durability setting
    /// has it. False when another writer has taken the id meanwhile: nothing was written, <see cref="Head"/> now knows of it.
    /// </summary>
    ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken);

    /// <summary>
    /// Reads what is stored from <paramref name="fromId"/> on, at most through <paramref name="throughId"/>, in id order: some events, as many
    /// as one read from disk gives (a page of 25, or single files). The page says where to go on. Corrupt events are left out of
    /// <see cref="EventPage.Events"/> and listed in <see cref="EventPage.Corrupt"/>.
    /// </summary>
    ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken);
}
