using Gateway.Primitives;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Follows the messages of one conversation: each wake-up reads what has come since the last one and is not our own. Any thread.
/// </summary>
internal sealed partial class RoomWatch(
    ConversationKey key,
    long last,
    (Action<RoomMessage> OnMessage, Action OnFree) told,
    PostgresCalls calls,
    PostgresHeads heads,
    ILogger logger)
    : SerialWorker, IDisposable
{
    /// <summary>What stands before an action's name in that of its answer.</summary>
    public const string AnswerPrefix = "answer-";

    private const int MessagesOfARead = 200;

    private long _last = last;
    private volatile bool _isFound;
    private int _isDeleted;

    public ConversationKey Key { get; } = key;

    /// <summary>The newest message that has been read.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>The conversation's agent seems to be nobody's.</summary>
    public void OnFree() => told.OnFree();

    /// <summary>The conversation has been seen in the database.</summary>
    public bool IsFound => _isFound;

    public void OnFound() => _isFound = true;

    /// <summary>The conversation is not there any more: told once, however many looks see it.</summary>
    public void OnDeleted()
    {
        if (Interlocked.Exchange(ref _isDeleted, 1) == 0)
        {
            told.OnMessage(new RoomMessage(RoomMessageKind.Close, "", "Deleted"u8.ToArray()));
        }
    }

    public static async ValueTask<List<(string Origin, RoomMessage Message, bool IsBegun)>> ReadAsync(
        NpgsqlConnection connection, string statement, ConversationKey key, long after, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(statement, key).With(after).With((long)MessagesOfARead);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Of what was said up to this message, what waits for the first client still.</summary>
    public static async ValueTask<List<RoomMessage>> ReadWaitingAsync(
        NpgsqlConnection connection, ConversationKey key, long last, TimeSpan waitTime, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresGatewayStatements.ReadWaiting, key).With(last).With(waitTime);
        var messages = (await ReadAsync(command, cancellationToken)).ConvertAll(static one => one.Message);
        return messages[(messages.FindLastIndex(static message => message.Kind == RoomMessageKind.Joined) + 1)..];
    }

    public void Dispose()
    {
        heads.Remove(this);
        Stop();
    }

    private static async ValueTask<List<(string Origin, RoomMessage Message, bool IsBegun)>> ReadAsync(
        NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var messages = new List<(string, RoomMessage, bool)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            // A kind of a later program's is none of ours.
            var isKnown = Enum.TryParse<RoomMessageKind>(reader.GetString(2), out var kind);
            var message = new RoomMessage(
                isKnown ? kind : (RoomMessageKind)(-1),
                reader.GetString(1).Replace(AnswerPrefix, "", StringComparison.Ordinal),
                reader.GetFieldValue<byte[]>(5),
                reader.GetInt32(4),
                reader.GetInt64(0));
            messages.Add((reader.GetString(3), message, reader.GetBoolean(6)));
        }

        return messages;
    }

    protected override async ValueTask RunAsync()
    {
        try
        {
            int count;
            do
            {
                var messages = await calls.RunAsync(
                    this,
                    static (connection, room, limit) =>
                        ReadAsync(connection, PostgresGatewayStatements.ReadMessages, room.Key, room.Last, limit),
                    CancellationToken.None);
                count = messages.Count;
                foreach (var (origin, message, _) in messages)
                {
                    Volatile.Write(ref _last, message.Number);
                    if (origin != heads.Node && !IsStopped)
                    {
                        told.OnMessage(message);
                    }
                }
            }
            while (count == MessagesOfARead && !IsStopped);
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // It has been said why, or the process ends. The next look finds what is left.
        }
    }

    protected override void OnFault(Exception exception) => Log.Failed(logger, exception, Key.Id);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: what other gateways say is not heard any more.")]
        public static partial void Failed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
