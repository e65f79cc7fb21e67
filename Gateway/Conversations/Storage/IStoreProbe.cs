namespace Gateway.Conversations.Storage;

/// <summary>The least that shows whether a store works. Any thread.</summary>
internal interface IStoreProbe
{
    /// <summary>
    /// Tries it. Throws as <see cref="IConversationCatalogue"/> does; the message of a <see cref="StorageException"/> may be shown.
    /// </summary>
    ValueTask ProbeAsync(CancellationToken cancellationToken);
}
