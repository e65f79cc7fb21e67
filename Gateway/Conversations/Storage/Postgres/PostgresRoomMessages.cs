using System.Text;
using System.Threading.Channels;

using Gateway.Primitives;

using Npgsql;

using NpgsqlTypes;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Messages among gateways, in a table of the database; whoever watches reads them by the number of the last one that he has. One loop
/// writes what is posted. Any thread.
/// </summary>
internal sealed partial class PostgresRoomMessages : BackgroundService, IRoomMessages, IPendingActions
{
    private const int MaxWaiting = 10_000;

    // Messages live longer than anybody waits for an answer, or is away from the database without knowing it.
    private static readonly TimeSpan s_sweepInterval = TimeSpan.FromMinutes(1);

    private readonly PostgresCalls _calls;
    private readonly PostgresHeads _heads;
    private readonly ILogger _logger;

    // Full: what comes is dropped, and said to be.
    private readonly Channel<(ConversationKey Key, RoomMessage Message)> _posted =
        Channel.CreateBounded<(ConversationKey, RoomMessage)>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    public PostgresRoomMessages(PostgresCalls calls, PostgresHeads heads, ILogger<PostgresRoomMessages> logger)
    {
        (_calls, _heads, _logger) = (calls, heads, logger);
    }

    public bool IsShared => true;

    public void Post(ConversationKey key, RoomMessage message)
    {
        if (!_posted.Writer.TryWrite((key, message)))
        {
            Log.Dropped(_logger, key.Id);
        }
    }

    public async ValueTask<bool> SendAsync(ConversationKey key, RoomMessage message, CancellationToken cancellationToken)
    {
        var head = await _calls.RunAsync(
            (Key: key, Message: message, _heads.Node),
            static (connection, send, limit) => SendAsync(connection, send.Key, send.Message, send.Node, limit),
            cancellationToken);
        if (head is { } known)
        {
            _heads.NotifyMessage(key, known);
        }

        return head is not null;
    }

    public async ValueTask<IDisposable> WatchAsync(
        ConversationKey key, TimeSpan waitTime, Action<RoomMessage> onMessage, Action onFree, CancellationToken cancellationToken)
    {
        var (last, waiting) = await _calls.RunAsync(
            (Key: key, WaitTime: waitTime),
            static async (connection, watch, limit) =>
            {
                await using var command = connection.Command(PostgresGatewayStatements.ReadLastMessage, watch.Key);
                var last = await command.ExecuteScalarAsync(limit) is long number ? number : 0;
                return (last, await RoomWatch.ReadWaitingAsync(connection, watch.Key, last, watch.WaitTime, limit));
            },
            cancellationToken);
        waiting.ForEach(onMessage);
        var room = new RoomWatch(key, last, (onMessage, onFree), _calls, _heads, _logger);
        _heads.Add(room);
        return room;
    }

    public async ValueTask<IReadOnlyList<(RoomMessage Action, bool IsBegun)>> ListAsync(
        ConversationKey key, CancellationToken cancellationToken)
    {
        var actions = await _calls.RunAsync(
            key,
            static (connection, key, limit) => RoomWatch.ReadAsync(connection, PostgresGatewayStatements.ReadActions, key, 0, limit),
            cancellationToken);
        return [.. actions.Select(static action => (action.Message, action.IsBegun))];
    }

    public async ValueTask<bool> TryTakeAsync(ConversationKey key, RoomMessage action, CancellationToken cancellationToken)
    {
        // Who takes it: a try whose end was not heard is known as our own when it is made again.
        var taker = Guid.NewGuid().ToString("N");
        return await _calls.RunAsync(
            (Key: key, Action: action, Taker: taker),
            static async (connection, take, limit) =>
            {
                await using var command = connection.Command(PostgresGatewayStatements.TakeAction, take.Key)
                    .With(take.Action.Id).With(take.Taker);
                return await command.ExecuteNonQueryAsync(limit) == 1;
            },
            cancellationToken);
    }

    public async ValueTask AnswerAsync(ConversationKey key, RoomMessage action, string? refusal, CancellationToken cancellationToken)
    {
        // One action has one answer.
        await SendAsync(
            key,
            new RoomMessage(RoomMessageKind.Answer, RoomWatch.AnswerPrefix + action.Id, Encoding.UTF8.GetBytes(refusal ?? "")),
            cancellationToken);
        await _calls.RunAsync(
            (Key: key, Action: action),
            static async (connection, answered, limit) =>
            {
                await using var command = connection.Command(PostgresGatewayStatements.EndAction, answered.Key).With(answered.Action.Id);
                return await command.ExecuteNonQueryAsync(limit);
            },
            cancellationToken);
    }

    public override void Dispose()
    {
        base.Dispose();
        _posted.Writer.TryComplete();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var sweeping = SweepAsync(stoppingToken);
        try
        {
            await foreach (var (key, message) in _posted.Reader.ReadAllAsync(stoppingToken))
            {
                try
                {
                    await SendAsync(key, message, stoppingToken);
                }
                catch (IOException)
                {
                    // It has been said why; what it said was about now.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }

        await sweeping;
    }

    private static async ValueTask<int?> SendAsync(
        NpgsqlConnection connection, ConversationKey key, RoomMessage message, string node, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresGatewayStatements.SendMessage, key)
            .With(message.Id).With(message.Kind.ToString()).With(node).With(message.AfterId)
            .WithOptional(message.Body.ToArray(), NpgsqlDbType.Bytea);
        return await command.ExecuteScalarAsync(cancellationToken) as int?;
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                // Not at the same moment as everybody else.
                await Task.Delay(Jitter.Around(s_sweepInterval), stoppingToken);
                try
                {
                    await _calls.RunAsync(
                        true,
                        static async (connection, _, limit) =>
                        {
                            await using var messages = connection.Command(PostgresGatewayStatements.SweepMessages);
                            await messages.ExecuteNonQueryAsync(limit);
                            await using var clients = connection.Command(PostgresGatewayStatements.SweepClients);
                            return await clients.ExecuteNonQueryAsync(limit);
                        },
                        stoppingToken);
                }
                catch (IOException)
                {
                    // It has been said why; the next one does the same.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Conversation {ConversationId}: other gateways are not told of something without an id.")]
        public static partial void Dropped(ILogger logger, ConversationId conversationId);
    }
}
