using System.Data;
using System.Globalization;

using Gateway.Conversations.Events;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Reads a page of a conversation's events in one round trip, from the connection into the page's buffer. The page is whole before the
/// connection goes back: whoever sends it slowly holds none. Keeps how large events usually are. Any thread.
/// </summary>
internal sealed class PostgresEventReader(ConversationKey key)
{
    // What one round trip is worth: files, which have none, are read in smaller parts. With the last event it fits a pooled array.
    private const int EnoughBytes = PooledBytes.MaxPooledBytes / 4 * 3;

    /// <summary>So many come in one round trip.</summary>
    public const int SourceIdsOfARead = 10_000;

    // Of an event; what the buffer begins with is made of it.
    private const int UsualBytes = 4_096;

    // The database adds up so many lengths at least.
    private const int FewestOfARead = 64;

    // What an event had on average in the last page.
    private int _averageBytes;

    /// <summary>Reads from <paramref name="first"/> on, at most through <paramref name="through"/>.</summary>
    public async ValueTask<EventPage> ReadAsync(
        NpgsqlConnection connection, int first, int through, CancellationToken cancellationToken)
    {
        // The ids of one page, so that the database cannot think of reading all that follow.
        var last = (int)Math.Min(through, first + EventPage.MaxEvents - 1L);
        var page = await ReadRangeAsync(connection, first, last, cancellationToken);
        var hasGap = page.NextId > last && page.Events.Count + page.Corrupt.Count < last - first + 1;
        if (!hasGap || last == through)
        {
            return page;
        }

        // Only a copied store has them: what is behind one is found by its order.
        page.Dispose();
        return await ReadRangeAsync(connection, first, through, cancellationToken);
    }

    /// <summary>The first <see cref="SourceIdsOfARead"/> source ids from <paramref name="first"/> on.</summary>
    public static async ValueTask<List<(int Id, string SourceId)>> ReadSourceIdsAsync(
        NpgsqlConnection connection, ConversationKey key, int first, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ReadSourceIds, key).With(first).With((long)SourceIdsOfARead);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<(int, string)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((reader.GetInt32(0), reader.GetString(1)));
        }

        return found;
    }

    private async ValueTask<EventPage> ReadRangeAsync(
        NpgsqlConnection connection, int first, int through, CancellationToken cancellationToken)
    {
        // Not many more than there is room for: it adds up the lengths of all that it is asked for.
        var average = Volatile.Read(ref _averageBytes);
        var most = average == 0 ? EventPage.MaxEvents : Math.Clamp(EnoughBytes / average * 5 / 4, FewestOfARead, EventPage.MaxEvents);
        var buffer = new PooledBytes((int)Math.Min(PooledBytes.MaxPooledBytes, (through - (long)first) * UsualBytes));
        try
        {
            var builder = new EventPageBuilder(buffer);
            await using var command = connection.Command(PostgresStatements.ReadEvents, key)
                .With(first).With(through).With(most).With((long)EnoughBytes);

            // Rows come whole, so that a body is copied without a stream for each: a third of what a page costs here.
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, cancellationToken);
            var (last, count) = (first - 1, 0);
            while (await reader.ReadAsync(cancellationToken))
            {
                last = reader.GetInt32(0);
                AddEvent(reader, buffer, builder, last);
                count++;
            }

            if (count > 0)
            {
                Volatile.Write(ref _averageBytes, Math.Max(1, buffer.Length / count));
            }

            // Fewer than were asked for: there are no more.
            var isWhole = count < most && buffer.Length < EnoughBytes;
            return builder.ToPage(isWhole ? through + 1 : last + 1);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static void AddEvent(NpgsqlDataReader reader, PooledBytes buffer, EventPageBuilder builder, int id)
    {
        var start = buffer.Length;
        var length = (int)reader.GetBytes(1, 0, null, 0, 0);
        var room = buffer.GetSegment(length);
        reader.GetBytes(1, 0, room.Array, room.Offset, length);
        buffer.Advance(length);

        var status = EventScanner.Scan(buffer.Span[start..], out var header, out var storedId);
        var scanned = new ScannedEvent(start, buffer.Length - start, status, storedId, header);
        if (EventPageBuilder.IsSound(id, scanned))
        {
            builder.Add(scanned);
        }
        else
        {
            var problem = string.Create(CultureInfo.InvariantCulture, $"event {id} {EventPageBuilder.ProblemOf(scanned)}");
            builder.Report(new CorruptEvent(id, problem), scanned);
        }
    }
}
