using Microsoft.Extensions.Options;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Hears what other gateways say that is new, on a connection of its own, which it makes again whenever it is lost; then everything that is
/// open is looked at once. Runs from the start of the process to its end.
/// </summary>
internal sealed partial class PostgresListener : BackgroundService
{
    // So often the connection is tried while nothing comes, and so long it may take to answer.
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_answerTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    private readonly PostgresHeads _heads;
    private readonly ILogger _logger;
    private readonly string _connectionString;
    private bool _isLost;
    private bool _hearsNothing;

    public PostgresListener(IOptions<PostgresStorageOptions> options, PostgresHeads heads, ILogger<PostgresListener> logger)
    {
        _heads = heads;
        _logger = logger;
        _connectionString = PostgresConnectionString.ForListening(options.Value);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = s_firstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(() => pause = s_firstPause, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is: the connection is made again, and the process does not end for it.
                if (!_isLost)
                {
                    _isLost = true;
                    Log.Lost(_logger, PostgresFailures.Name(exception));
                }
            }
            catch (Exception)
            {
                return;
            }

            // Not at the same moment as everybody else.
            var delay = TimeSpan.FromTicks(Random.Shared.NextInt64(pause.Ticks / 2, pause.Ticks));
            pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2;
            await Task.Delay(delay, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Until the connection is lost, which throws.</summary>
    private async Task ListenAsync(Action onListening, CancellationToken stoppingToken)
    {
        await using var connection = new NpgsqlConnection(_connectionString);
        var hears = false;
        connection.Notification += (_, notification) =>
        {
            hears |= notification.Payload.StartsWith(_heads.Node, StringComparison.Ordinal);
            _heads.OnNotified(notification.Payload);
        };
        await RunAsync(connection, PostgresGatewayStatements.Listen, stoppingToken);
        onListening();
        if (_isLost)
        {
            _isLost = false;
            Log.Regained(_logger);
        }

        // What was said before is lost.
        _heads.Wake();
        _heads.NotifySelf();
        while (true)
        {
            if (!await connection.WaitAsync(s_keepAlive, stoppingToken))
            {
                await RunAsync(connection, PostgresGatewayStatements.Ping, stoppingToken);
                if (!hears && !_hearsNothing)
                {
                    _hearsNothing = true;
                    Log.HearsNothing(_logger);
                }
            }
            else if (hears && _hearsNothing)
            {
                _hearsNothing = false;
                Log.Regained(_logger);
            }
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string statement, CancellationToken stoppingToken)
    {
        using var limit = new CallLimit(s_answerTime, stoppingToken);
        if (connection.State == System.Data.ConnectionState.Closed)
        {
            await connection.OpenAsync(limit.Token);
        }

        // Waited for to its end: a connection must not be closed while it is read.
        await using var command = connection.Command(statement);
        await command.ExecuteNonQueryAsync(limit.Token);
    }

    private static partial class Log
    {
        [LoggerMessage(
            1, LogLevel.Warning, "The connection that hears of other gateways' events is lost ({Error}); they are seen later until it is back.")]
        public static partial void Lost(ILogger logger, string error);

        [LoggerMessage(
            3,
            LogLevel.Warning,
            "The connection that is to hear of other gateways' events does not hear this gateway's own word: they are seen up to 2 s late. "
            + "Storage:Postgres:ListenConnectionString must name the same database, and no pooler in transaction mode.")]
        public static partial void HearsNothing(ILogger logger);

        [LoggerMessage(2, LogLevel.Information, "Other gateways' events are heard of again.")]
        public static partial void Regained(ILogger logger);
    }
}
