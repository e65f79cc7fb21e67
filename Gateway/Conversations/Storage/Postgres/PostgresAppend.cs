using System.Data;

using Gateway.Conversations.Events;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Events that are stored by one statement, all or none. When the connection is lost nobody knows whether they are: then the next try finds
/// out, after it has made sure that the lost statement has ended or will never do anything. Used by one append at a time.
/// </summary>
internal sealed class PostgresAppend
{
    // What one statement takes at most; one event may be larger.
    private const int MaxEvents = 1_000;
    private const int MaxBytes = EventPage.MaxBytes;

    private readonly PostgresEventLog _log;
    private readonly bool _isOfClients;
    private readonly int[] _ids;
    private readonly ReadOnlyMemory<byte>[] _bodies;
    private readonly string?[] _sourceIds;

    // A statement was sent, and its end was not heard. Looked at by who has given up waiting, too.
    private volatile bool _isUnknown;

    private PostgresAppend(PostgresEventLog log, StoredEvent[] events, bool isOfClients)
    {
        (_log, _isOfClients) = (log, isOfClients);
        _ids = Array.ConvertAll(events, static one => one.Id);
        _bodies = Array.ConvertAll(events, static one => one.Json);
        _sourceIds = Array.ConvertAll(events, static one => one.SourceId);
    }

    public int Count => _ids.Length;

    /// <summary>A try has failed, and nobody knows whether the events are stored, or still will be.</summary>
    public bool IsUnknown => _isUnknown;

    private int First => _ids[0];

    private int Last => _ids[^1];

    /// <summary>As many of the events, from one of them on, as one statement takes.</summary>
    /// <param name="log">Whose they are.</param>
    /// <param name="events">The first one's place is free, as far as is known.</param>
    /// <param name="start">The first of them.</param>
    /// <param name="isOfClients">Stored whoever has the agent.</param>
    public static PostgresAppend Of(PostgresEventLog log, IReadOnlyList<StoredEvent> events, int start, bool isOfClients)
    {
        var count = 0;
        long bytes = 0;
        while (start + count < events.Count && count < MaxEvents && events[start + count].Id <= EventPage.MaxId)
        {
            bytes += events[start + count].Json.Length;
            if (count > 0 && bytes > MaxBytes)
            {
                break;
            }

            count++;
        }

        if (count == 0)
        {
            throw new StorageException(
                StorageFailure.IdsExhausted, $"event id {events[start].Id} is above the largest that can be stored");
        }

        return new PostgresAppend(log, [.. Enumerable.Range(start, count).Select(n => events[n])], isOfClients);
    }

    /// <summary>True once they are stored; false when somebody else has the first id, which the log then knows.</summary>
    public async ValueTask<bool> TryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_isUnknown && await IsStoredAfterAllAsync(connection, cancellationToken))
        {
            return true;
        }

        while (true)
        {
            var expected = _log.Expected();
            if (First <= expected.Head)
            {
                return false;
            }

            if (await StoreAsync(connection, expected, cancellationToken))
            {
                return true;
            }

            Learn(await _log.ReadPositionAsync(connection, cancellationToken), expected);
        }
    }

    /// <summary>After a lost race. When the fence alone has moved the append is tried again.</summary>
    private void Learn(LogPosition? found, LogPosition expected)
    {
        var position = found ?? LogPosition.Nothing;
        if (position.Head < expected.Head || (found is null && expected.Epoch != 0))
        {
            // Whoever goes on would bring it back, without its beginning.
            throw PostgresFailures.Deleted();
        }

        if (expected.Epoch != 0 && position.Epoch != expected.Epoch && !_isOfClients)
        {
            _log.TakenOver(position);
            throw PostgresFailures.TakenOver();
        }

        _log.Learn(position);
    }

    private async ValueTask<bool> StoreAsync(NpgsqlConnection connection, LogPosition expected, CancellationToken cancellationToken)
    {
        var statement = expected is { Head: < 0, Epoch: 0 } ? PostgresStatements.AppendFirst : PostgresStatements.Append;
        using var notice = _log.BeginNotice(Last);
        await using var command = connection.Command(statement, _log.Key)
            .With(expected.Head).With(expected.Fence).With(Last).With(_ids).With(_bodies).With(_isOfClients ? 0 : expected.Epoch)
            .With(_sourceIds).With(expected.HeardThrough).With(notice?.Text ?? "");
        cancellationToken.ThrowIfCancellationRequested();
        _isUnknown = true;
        try
        {
            var isStored = await command.ExecuteScalarAsync(cancellationToken) is long count && count == Count;
            _isUnknown = false;
            if (isStored)
            {
                _log.Appended(Last, isNotified: notice is not null);
            }

            return isStored;
        }
        catch (Exception exception) when (PostgresFailures.IsRefusal(exception))
        {
            // The server itself says that it has not done it: nothing of it is stored.
            _isUnknown = false;
            throw;
        }
    }

    private async ValueTask<bool> IsStoredAfterAllAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var expected = _log.Expected();
        var statement = expected is { Head: < 0, Epoch: 0 } ? PostgresStatements.FenceFirst : PostgresStatements.Fence;
        await using var fence = connection.Command(statement, _log.Key);
        var found = await LogPosition.ReadAsync(fence, cancellationToken);
        var isStored = found is { } position && position.Head >= First && await AreOursAsync(connection, cancellationToken);
        _isUnknown = false;
        if (isStored && found is { } known)
        {
            // Whoever has the agent now: this was before.
            _log.Learn(known);
            _log.Appended(Last, isNotified: false);
            return true;
        }

        Learn(found, expected);
        return false;
    }

    /// <summary>Whether what stands under the ids is what we have sent, byte for byte.</summary>
    private async ValueTask<bool> AreOursAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ReadEvents, _log.Key)
            .With(First).With(Last).With(Count).With(long.MaxValue);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        var same = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            same += reader.GetInt32(0) == _ids[same] && reader.GetFieldValue<byte[]>(1).AsSpan().SequenceEqual(_bodies[same].Span) ? 1 : 0;
        }

        return same == Count;
    }
}
