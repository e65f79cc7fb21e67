using Gateway.Tests.Wire.Clients;

using Npgsql;

namespace Gateway.Tests.Support;

/// <summary>A gateway has taken a conversation's agent.</summary>
internal sealed record AgentTaking(string Conversation, long Epoch, string Node, DateTimeOffset At);

/// <summary>
/// Has the database itself write down who has appended each event, under which epoch the conversation stood then, and who has taken which
/// agent when. What the gateways say of themselves plays no part in it: a connection's name tells who it was. One test uses it.
/// </summary>
internal sealed class LogWitness(TestedDatabase database)
{
    private const string Setup =
        """
        ALTER TABLE gateway.events ADD COLUMN writer text DEFAULT current_setting('application_name'), ADD COLUMN epoch bigint;

        CREATE FUNCTION note_epoch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          NEW.epoch := (SELECT epoch FROM gateway.conversations
                        WHERE conversation_id = NEW.conversation_id AND user_id = NEW.user_id);
          RETURN NEW;
        END $$;
        CREATE TRIGGER note_epoch BEFORE INSERT ON gateway.events FOR EACH ROW EXECUTE FUNCTION note_epoch();

        CREATE TABLE public.takings (conversation_id text, epoch bigint, node text, at timestamptz);
        CREATE FUNCTION note_taking() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO public.takings
          VALUES (NEW.conversation_id, NEW.epoch, current_setting('application_name'), clock_timestamp());
          RETURN NULL;
        END $$;
        CREATE TRIGGER note_first AFTER INSERT ON gateway.conversations
        FOR EACH ROW WHEN (NEW.epoch > 0) EXECUTE FUNCTION note_taking();
        CREATE TRIGGER note_next AFTER UPDATE ON gateway.conversations
        FOR EACH ROW WHEN (NEW.epoch <> OLD.epoch) EXECUTE FUNCTION note_taking();
        """;

    // The agent's events of an epoch are its taker's, clients' are anybody's, epochs only grow with ids, and ids have no gaps.
    private const string Faults =
        """
        SELECT format('%s %s: epoch %s after %s, by %s, taken by %s', conversation_id, id, epoch, before, writer, node)
        FROM (
          SELECT event.*, taking.node, lag(event.epoch) OVER log AS before, lag(event.id) OVER log AS previous
          FROM gateway.events AS event LEFT JOIN public.takings AS taking USING (conversation_id, epoch)
          WINDOW log AS (PARTITION BY conversation_id ORDER BY id)
        ) AS seen
        WHERE (writer IS DISTINCT FROM node AND position('"source": "user"'::bytea IN body) = 0)
          OR epoch < before OR id <> coalesce(previous, -1) + 1
        ORDER BY conversation_id, id
        LIMIT 20
        """;

    public static async Task<LogWitness> StartAsync(TestedDatabase database)
    {
        await database.ExecuteAsync(Setup);
        return new LogWitness(database);
    }

    /// <summary>What is wrong with the logs: events of a gateway that had not taken the agent, or not under that epoch; gaps.</summary>
    public Task<List<string>> FaultsAsync() => ReadAsync(Faults, static row => row.GetString(0));

    private Task<List<AgentTaking>> TakingsAsync() => ReadAsync(
        "SELECT conversation_id, epoch, node, at FROM public.takings ORDER BY conversation_id, epoch",
        static row => new AgentTaking(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3)));

    /// <summary>
    /// How long each agent of a node that was killed or paused was nobody's, while a client was at the node that took it: from then, or
    /// from when that client began to connect.
    /// </summary>
    public async Task<List<TimeSpan>> TakeoversAsync(NodeFleet fleet, FleetHistory history)
    {
        var times = new List<TimeSpan>();
        var ends = fleet.Ends.ToLookup(static end => end.Node, static end => end.At);
        foreach (var takings in (await TakingsAsync()).GroupBy(static taking => taking.Conversation))
        {
            foreach (var (before, taking) in takings.Zip(takings.Skip(1)).Where(static pair => pair.First.Node != pair.Second.Node))
            {
                var ended = ends[before.Node].Where(at => at >= before.At && at < taking.At)
                    .Select(static at => (DateTimeOffset?)at).Min();
                var came = history.Stays
                    .Where(stay => (stay.Conversation, stay.Node) == (taking.Conversation, taking.Node)
                        && stay.From <= taking.At && stay.To >= taking.At)
                    .Select(static stay => (DateTimeOffset?)stay.From).Min();
                if (ended is { } end && came is { } there)
                {
                    times.Add(taking.At - (there > end ? there : end));
                }
            }
        }

        return times;
    }

    private async Task<List<T>> ReadAsync<T>(string statement, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = new NpgsqlConnection($"{database.ConnectionString};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
