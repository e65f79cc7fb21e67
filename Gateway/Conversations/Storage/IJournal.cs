namespace Gateway.Conversations.Storage;

/// <summary>Journals that a backend keeps beside conversations' logs. Thread-safe.</summary>
internal interface IJournalStore
{
    /// <summary>Whether a journal may have this name: a file's, of plain letters, and with an ending that no file of V0's has.</summary>
    static bool IsName(string name) =>
        name.EndsWith(".jsonl", StringComparison.Ordinal) && ConversationId.TryParse(name[..^".jsonl".Length], out _);

    /// <summary>
    /// The conversation's journal of this name (<see cref="IsName"/>); nothing is read before it is asked for, or written before the first
    /// append.
    /// </summary>
    /// <param name="key">The conversation.</param>
    /// <param name="name">The journal's name: that of a file.</param>
    /// <param name="owner">
    /// The log whose owner writes the journal: once somebody else has taken the conversation's agent nothing is written, and writing throws
    /// <see cref="StorageFailure.TakenOver"/>, as appending does. Null: whoever opens it may write, which is for tools.
    /// </param>
    IJournal Open(ConversationKey key, string name, IEventLog? owner = null);
}

/// <summary>
/// Lines that are added, read in order, and now and then replaced all at once. One user at a time, as the log it stands beside. Throws as
/// <see cref="IConversationCatalogue"/> does.
/// </summary>
internal interface IJournal
{
    /// <summary>
    /// The lines, in the order in which they were added, a part at a time. A line that a crash has torn is not given: it was never
    /// added, and the next append takes its place.
    /// </summary>
    IAsyncEnumerable<string> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Adds lines. A crash meanwhile leaves some of them, from the first on. No line contains a line feed.</summary>
    ValueTask AppendAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken);

    /// <summary>Replaces every line, whole or not at all.</summary>
    ValueTask ReplaceAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken);
}
