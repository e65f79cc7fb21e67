namespace Gateway.Conversations.Events;

/// <summary>
/// One event of a log: its id and its JSON object in UTF-8, exactly as stored. <see cref="Json"/> may lie in a pooled buffer
/// of the <c>EventPage</c> that gave it; then it is valid until that page is disposed.
/// </summary>
internal readonly record struct StoredEvent(int Id, ReadOnlyMemory<byte> Json, EventHeader Header)
{
    /// <summary>
    /// What the event is in the log of another server that it was translated from: unique in the conversation, at most 100 characters; null
    /// for an event of no such log. It goes to the store with the event (<c>IEventLog.ReadSourceIdsAsync</c>); pages that are read do not
    /// have it.
    /// </summary>
    public string? SourceId { get; init; }

    /// <summary>An event of our own making, whose bytes are sound.</summary>
    public static StoredEvent Scan(int id, ReadOnlyMemory<byte> json)
    {
        EventScanner.Scan(json.Span, out var header, out _);
        return new StoredEvent(id, json, header);
    }
}
