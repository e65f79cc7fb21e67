using Gateway.Conversations.Events;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// One conversation's events in the database. Ids follow one another without gaps, whoever appends: the conversation's row has the head,
/// and an append that expects another one writes nothing. Reads come from any thread, appends from one owner at a time.
/// </summary>
internal sealed class PostgresEventLog(ConversationKey key, PostgresCalls calls, PostgresHeads heads) : IEventLog
{
    // Guards the pair; a head alone is read without it.
    private readonly Lock _lock = new();
    private readonly PostgresEventReader _reader = new(key);
    private volatile int _head = -1;
    private int _fence;
    private long _epoch;
    private int _heardThrough = int.MaxValue;
    private Action? _onTakenOver;
    private Action? _grown;

    public ConversationKey Key { get; } = key;

    public int Head => _head;

    public bool AppendsTogether => true;

    public bool KeepsSourceIds => true;

    public bool IsRemote => true;

    public async ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken)
    {
        await calls.RunAsync(
            this,
            static async (connection, log, cancellationToken) =>
            {
                log.Learn(await log.ReadPositionAsync(connection, cancellationToken) ?? LogPosition.Nothing);
                return true;
            },
            cancellationToken);
        return Head;
    }

    public async ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        await TryAppendAsync([new StoredEvent(id, json, default)], cancellationToken) == 1;

    public ValueTask<int> TryAppendAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        TryAppendAsync(events, isOfClients: false, cancellationToken);

    public ValueTask<int> TryAppendForClientsAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        TryAppendAsync(events, isOfClients: true, cancellationToken);

    public void Heard(int id)
    {
        lock (_lock)
        {
            _heardThrough = id;
        }
    }

    public async ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
    {
        var first = Math.Max(fromId, 0);
        var through = Math.Min(throughId, Head);
        return first > through
            ? new EventPage([], [], Math.Max(fromId, through + 1), null)
            : await calls.RunAsync(
                (Log: this, First: first, Through: through),
                static (connection, read, limit) => read.Log._reader.ReadAsync(connection, read.First, read.Through, limit),
                cancellationToken);
    }

    public async ValueTask<IReadOnlyList<(int Id, string SourceId)>> ReadSourceIdsAsync(int fromId, CancellationToken cancellationToken)
    {
        var found = new List<(int Id, string SourceId)>();
        int count;
        do
        {
            count = found.Count;
            found.AddRange(await calls.RunAsync(
                (Key, From: count > 0 ? found[^1].Id + 1 : fromId),
                static (connection, read, limit) => PostgresEventReader.ReadSourceIdsAsync(connection, read.Key, read.From, limit),
                cancellationToken));
        }
        while (found.Count - count == PostgresEventReader.SourceIdsOfARead);
        return found;
    }

    public IDisposable Watch(Action onGrown)
    {
        lock (_lock)
        {
            _grown += onGrown;
        }

        heads.Add(this);
        return new Watching(this, onGrown);
    }

    /// <summary>Somebody has seen this head in the database, or heard of it.</summary>
    public void OnHead(int head)
    {
        Action? grown;
        lock (_lock)
        {
            if (head <= _head)
            {
                return;
            }

            _head = head;
            grown = _grown;
        }

        grown?.Invoke();
    }

    /// <summary>Takes over what the conversation's row has, or has been given by us.</summary>
    public void Learn(LogPosition position)
    {
        lock (_lock)
        {
            _fence = position.Fence;
        }

        OnHead(position.Head);
    }

    /// <summary>
    /// The conversation's agent is ours: events are taken while it is, and <paramref name="onTakenOver"/> says that it is not.
    /// </summary>
    public void Owned(LogPosition position, Action onTakenOver)
    {
        lock (_lock)
        {
            (_epoch, _onTakenOver, _heardThrough) = (position.Epoch, onTakenOver, position.HeardThrough);
        }

        Learn(position);
    }

    /// <summary>An append has found somebody else's epoch.</summary>
    public void TakenOver(LogPosition position)
    {
        Action? onTakenOver;
        lock (_lock)
        {
            onTakenOver = _onTakenOver;
        }

        onTakenOver?.Invoke();
        Learn(position);
    }

    /// <summary>Our own events are stored: nobody here needs to be told.</summary>
    /// <param name="isNotified">The others are told already.</param>
    public void Appended(int last, bool isNotified)
    {
        lock (_lock)
        {
            _head = Math.Max(_head, last);
        }

        if (!isNotified)
        {
            heads.Notify(Key, last);
        }
    }

    /// <summary>As <see cref="PostgresHeads.BeginNotice"/>, for events that are about to be stored.</summary>
    public PostgresNotifier.Begun? BeginNotice(int last) => heads.BeginNotice(Key, last);

    /// <summary>What an append must find in the conversation's row.</summary>
    public LogPosition Expected()
    {
        lock (_lock)
        {
            return new LogPosition(_head, _fence, _epoch, _heardThrough);
        }
    }

    /// <summary>Null when the conversation is not there.</summary>
    public async ValueTask<LogPosition?> ReadPositionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ReadHead, Key);
        return await LogPosition.ReadAsync(command, cancellationToken);
    }

    /// <summary>After a statement that has done nothing: throws when that is because the agent of this epoch is another's now.</summary>
    public async ValueTask ThrowIfTakenOverAsync(NpgsqlConnection connection, long epoch, CancellationToken cancellationToken)
    {
        if (await ReadPositionAsync(connection, cancellationToken) is not { } position)
        {
            throw PostgresFailures.Deleted();
        }

        if (position.Epoch != epoch)
        {
            if (Expected().Epoch == epoch)
            {
                TakenOver(position);
            }

            throw PostgresFailures.TakenOver();
        }
    }

    private async ValueTask<int> TryAppendAsync(
        IReadOnlyList<StoredEvent> events, bool isOfClients, CancellationToken cancellationToken)
    {
        var stored = 0;
        while (stored < events.Count)
        {
            var append = PostgresAppend.Of(this, events, stored, isOfClients);
            try
            {
                if (!await TryAsync(append, cancellationToken))
                {
                    break;
                }

                stored += append.Count;
            }
            catch (IOException) when (stored > 0 && !append.IsUnknown)
            {
                // Those before it are stored, and have to be known as such; whoever tries the next one again hears how it fails.
                break;
            }
        }

        return stored;
    }

    private async ValueTask<bool> TryAsync(PostgresAppend append, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.RunAsync(
                append, static (connection, append, limit) => append.TryAsync(connection, limit), cancellationToken);
        }
        catch (StorageException) when (append.IsUnknown)
        {
            // Whoever is told that it is not stored would send it again.
            throw PostgresFailures.Unknown();
        }
    }

    private void EndWatch(Action onGrown)
    {
        heads.Remove(this);
        lock (_lock)
        {
            _grown -= onGrown;
        }
    }

    /// <summary>Ends one watch. Disposing it again does nothing.</summary>
    private sealed class Watching(PostgresEventLog log, Action onGrown) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                log.EndWatch(onGrown);
            }
        }
    }
}
