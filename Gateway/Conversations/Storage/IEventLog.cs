using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage;

/// <summary>Opens the logs of conversations. Thread-safe. Throws as <see cref="IConversationCatalogue"/> does.</summary>
internal interface IEventLogStore
{
    /// <summary>
    /// Opens a conversation's log; an unknown conversation has an empty one. Nothing is written before the first append. What cannot be
    /// listed is never an empty log: that throws.
    /// </summary>
    ValueTask<IEventLog> OpenAsync(ConversationKey key, CancellationToken cancellationToken);
}

/// <summary>
/// The events of one conversation, in the store. Reads may come from any thread at any time, appends from one owner at a time (the
/// conversation's session). Needs no disposal. Every call ends within the store's time limit: a store that does not answer throws
/// <see cref="StorageException"/>; a token only spares the work of a call whose turn has not come.
/// </summary>
internal interface IEventLog
{
    /// <summary>
    /// The highest stored id that this object knows of, or -1. It never goes down, and asking costs nothing. Ids below it may be missing:
    /// gaps are no errors.
    /// </summary>
    int Head { get; }

    /// <summary>
    /// Looks at the store for what other processes have appended, and gives <see cref="Head"/> as it is then.
    /// </summary>
    /// <param name="claimedId">An id that somebody says is stored (a client has it); -1 when nobody does.</param>
    ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken);

    /// <summary>
    /// Stores an event under <paramref name="id"/>, which is above <see cref="Head"/>. True once the event is stored whole, as the
    /// durability setting has it. False when another writer has taken the id: nothing was written, and <see cref="Head"/> now knows of it.
    /// After <see cref="StorageFailure.Unknown"/> it is stored, or will be, or never is: <paramref name="json"/> must not change, and a log
    /// that is watched says when it has grown by it. After any other <see cref="StorageException"/> it is not stored and never will be.
    /// </summary>
    ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken);

    /// <summary>Whether several events cost about as much as one: who has several at once should give them together.</summary>
    bool AppendsTogether => false;

    /// <summary>
    /// Whether a read is a round trip, so that it pays to begin the next one before it is needed, and whoever has the log open is told at
    /// once of what others append.
    /// </summary>
    bool IsRemote => false;

    /// <summary>
    /// Whether the store keeps <see cref="StoredEvent.SourceId"/>, with the event and in one go. Then it takes none twice: an append with
    /// one that stands in the conversation's log stores nothing and throws <see cref="StorageFailure.Duplicate"/>.
    /// </summary>
    bool KeepsSourceIds => false;

    /// <summary>
    /// The source ids that events from <paramref name="fromId"/> on were stored with, in id order: all of them, however many, so a caller
    /// that knows where to begin says so. Nothing where the store does not keep them.
    /// </summary>
    ValueTask<IReadOnlyList<(int Id, string SourceId)>> ReadSourceIdsAsync(int fromId, CancellationToken cancellationToken) => new([]);

    /// <summary>
    /// Stores events in the order of their ids, as <see cref="TryAppendAsync(int, ReadOnlyMemory{byte}, CancellationToken)"/> does one
    /// after another, and in one go where that is cheaper. Gives how many are stored: fewer than all when another writer has taken an id,
    /// or when the store has failed after the first; the next call says which.
    /// </summary>
    async ValueTask<int> TryAppendAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        var stored = 0;
        while (stored < events.Count && await TryAppendAsync(events[stored].Id, events[stored].Json, cancellationToken))
        {
            stored++;
        }

        return stored;
    }

    /// <summary>
    /// As <see cref="TryAppendAsync(IReadOnlyList{StoredEvent}, CancellationToken)"/>, for actions of clients: also while another gateway
    /// has the conversation's agent.
    /// </summary>
    ValueTask<int> TryAppendForClientsAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        TryAppendAsync(events, cancellationToken);

    /// <summary>
    /// The agent, which is here, has been told of clients' actions through this id: where the agent can move to another gateway it is
    /// stored with the next event of the agent's, or when the agent is given up (<see cref="IAgentLease.HeardThrough"/>).
    /// </summary>
    void Heard(int id)
    {
        // Nobody else will ask.
    }

    /// <summary>
    /// Reads what is stored from <paramref name="fromId"/> on, at most through <paramref name="throughId"/>, in id order: as many events as
    /// one page may hold (<see cref="EventPage"/>). The page says where to go on.
    /// </summary>
    ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken);

    /// <summary>
    /// Calls <paramref name="onGrown"/> whenever <see cref="Head"/> has grown by what another process appended, within a second of it,
    /// until the watch is disposed. One call at a time, from any thread; it must not block, and may come needlessly.
    /// </summary>
    IDisposable Watch(Action onGrown);
}
