using System.Runtime.CompilerServices;
using System.Text;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>Journals in the database. Thread-safe.</summary>
internal sealed class PostgresJournalStore(PostgresCalls calls) : IJournalStore
{
    public IJournal Open(ConversationKey key, string name, IEventLog? owner = null) =>
        new PostgresJournal(key, name, (PostgresEventLog?)owner, calls);
}

/// <summary>
/// One journal: a row for each line, numbered from 0 on; what replaces others stands behind them, and they are deleted. So a write whose
/// end was not heard can be sent again. Nothing is written once the agent that it was opened for is another's. One user at a time.
/// </summary>
internal sealed class PostgresJournal(ConversationKey key, string name, PostgresEventLog? owner, PostgresCalls calls) : IJournal
{
    private const int LinesOfARead = 10_000;

    // The agent's of now: this gateway may take it again, for another agent that has a journal of its own.
    private readonly long _epoch = owner?.Expected().Epoch ?? 0;

    // The number of the line that is written next; null: it is to be asked for.
    private long? _next;

    public async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<(long Number, string Line)> lines;
        var from = 0L;
        do
        {
            lines = await calls.RunAsync(
                (Journal: this, From: from),
                static (connection, read, limit) => read.Journal.ReadAsync(connection, read.From, limit),
                cancellationToken);
            foreach (var (number, line) in lines)
            {
                from = number + 1;
                yield return line;
            }
        }
        while (lines.Count == LinesOfARead);
    }

    public async ValueTask AppendAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken)
    {
        if (lines.Count > 0)
        {
            await WriteAsync(PostgresStatements.AppendJournal, lines, cancellationToken);
        }
    }

    public ValueTask ReplaceAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken) =>
        WriteAsync(PostgresStatements.ReplaceJournal, lines, cancellationToken);

    private async ValueTask WriteAsync(string statement, IReadOnlyList<string> lines, CancellationToken cancellationToken)
    {
        var contents = lines.Select(Encoding.UTF8.GetBytes).ToArray();
        var first = _next ?? await calls.RunAsync(
            this, static (connection, journal, limit) => journal.ReadEndAsync(connection, limit), cancellationToken) + 1;

        // Asked for again if this fails.
        _next = null;
        await calls.RunAsync(
            (Journal: this, Statement: statement, First: first, Contents: contents),
            static (connection, write, limit) => write.Journal.WriteAsync(connection, write.Statement, write.First, write.Contents, limit),
            cancellationToken);
        _next = first + contents.Length;
    }

    private async ValueTask<bool> WriteAsync(
        NpgsqlConnection connection, string statement, long first, byte[][] contents, CancellationToken cancellationToken)
    {
        if (_epoch == 0)
        {
            await using var know = connection.Command(PostgresStatements.KnowConversation, key);
            await know.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = connection.Command(statement, key).With(name).With(first).With(contents).With(_epoch);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == contents.Length)
        {
            return true;
        }

        if (_epoch != 0 && owner is not null)
        {
            await owner.ThrowIfTakenOverAsync(connection, _epoch, cancellationToken);
        }

        // An earlier try has written them, or somebody else has written others.
        var stored = await ReadAsync(connection, first, cancellationToken);
        return stored.Select(static line => line.Line).SequenceEqual(contents.Select(Encoding.UTF8.GetString))
            ? true
            : throw new IOException("Somebody else has written to the journal.");
    }

    private async ValueTask<List<(long Number, string Line)>> ReadAsync(
        NpgsqlConnection connection, long from, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ReadJournal, key).With(name).With(from).With((long)LinesOfARead);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lines = new List<(long, string)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add((reader.GetInt64(0), Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(1))));
        }

        return lines;
    }

    private async ValueTask<long> ReadEndAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ReadJournalEnd, key).With(name);
        return await command.ExecuteScalarAsync(cancellationToken) is long end ? end : -1;
    }
}
