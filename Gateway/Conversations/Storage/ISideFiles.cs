namespace Gateway.Conversations.Storage;

/// <summary>Files that a backend keeps beside a conversation's log: lines that are only ever added. Thread-safe.</summary>
internal interface ISideFiles
{
    /// <summary>The file <paramref name="name"/> in the conversation's directory; nothing is written before the first append.</summary>
    ISideFile Open(ConversationKey key, string name);
}

/// <summary>
/// One such file. One user at a time, as the log it stands beside. Disk errors are thrown as <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal interface ISideFile
{
    /// <summary>The lines, in the order they were added; the last may be torn by a crash. Empty when there is no file.</summary>
    ValueTask<IReadOnlyList<string>> ReadAsync(CancellationToken cancellationToken);

    ValueTask AppendAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken);
}
