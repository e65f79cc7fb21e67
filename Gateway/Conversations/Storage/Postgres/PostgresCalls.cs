using System.Diagnostics;

using Microsoft.Extensions.Options;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Runs the store's calls on the database: each within a time limit, on one of a bounded number of connections, which it has only while it
/// runs. What fails because a connection was lost, or could not be had, is tried again a few times. Owns the connections; any thread.
/// </summary>
internal sealed class PostgresCalls : IAsyncDisposable
{
    // With the pauses between them about three seconds: a database that starts again takes less.
    private const int MaxTries = 8;

    // Each client has one call at most.
    private const int MaxWaiting = 100_000;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _connections;
    private readonly TimeSpan _limit;
    private readonly PostgresOutage _outage;
    private int _waiting;

    public PostgresCalls(IOptions<PostgresStorageOptions> options, ILogger<PostgresCalls> logger)
    {
        _limit = options.Value.CallTimeout;
        _outage = new PostgresOutage(TimeProvider.System, logger);
        _connections = new SemaphoreSlim(options.Value.MaxConnections);

        // Its measurements go by this name, and would go by the connection string.
        _source = new NpgsqlDataSourceBuilder(Configure(options.Value)) { Name = "gateway" }.Build();
    }

    /// <summary>
    /// Runs a call, which may be run again from its start when its connection is lost: it must know what an earlier try may have done. The
    /// wait ends with its result, with a <see cref="StorageException"/>, or with the token.
    /// </summary>
    public async ValueTask<TResult> RunAsync<TState, TResult>(
        TState state,
        Func<NpgsqlConnection, TState, CancellationToken, ValueTask<TResult>> call,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var running = RunWithinLimitAsync(state, call, cancellationToken);
        try
        {
            // A connection whose other end says nothing may keep its user longer than the limit.
            return await running.WaitAsync(_limit + s_longestPause, cancellationToken);
        }
        catch (Exception exception) when (!running.IsCompleted && exception is TimeoutException or OperationCanceledException)
        {
            _ = DisposeResultAsync(running);
            cancellationToken.ThrowIfCancellationRequested();
            throw Failed(exception, isLate: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _connections.Dispose();
    }

    private static NpgsqlConnectionStringBuilder Parse(string text) =>
        PostgresConnectionString.TryParse(text, out var parsed) is { } problem ? throw new ArgumentException(problem) : parsed;

    private static string Configure(PostgresStorageOptions options)
    {
        var settings = Parse(options.ConnectionString);
        settings.MaxPoolSize = options.MaxConnections;
        settings.MinPoolSize = Math.Min(settings.MinPoolSize, options.MaxConnections);

        // Calls have their own limit, and nothing is left behind in a session that the next user could find.
        settings.CommandTimeout = 0;
        settings.NoResetOnClose = true;
        settings.IncludeErrorDetail = false;
        settings.PersistSecurityInfo = false;
        SetUnlessGiven("Timeout", () => settings.Timeout = Math.Clamp((int)(options.CallTimeout.TotalSeconds / 2), 1, 15));
        SetUnlessGiven("Cancellation Timeout", () => settings.CancellationTimeout = 500);
        SetUnlessGiven("Max Auto Prepare", () => settings.MaxAutoPrepare = 64);
        SetUnlessGiven("Auto Prepare Min Usages", () => settings.AutoPrepareMinUsages = 2);

        // A page of the log has up to 768 KiB: a larger buffer takes it with fewer reads of the socket.
        SetUnlessGiven("Read Buffer Size", () => settings.ReadBufferSize = 64 * 1024);
        SetUnlessGiven("Application Name", () => settings.ApplicationName = "gateway");
        return settings.ConnectionString;

        void SetUnlessGiven(string name, Action set)
        {
            // ContainsKey says which names there are at all.
            if (!settings.Keys.OfType<string>().Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                set();
            }
        }
    }

    private static async Task DisposeResultAsync<TResult>(Task<TResult> running)
    {
        await running.ContinueWith(
            static late =>
            {
                if (late.IsCompletedSuccessfully)
                {
                    (late.Result as IDisposable)?.Dispose();
                }
                else
                {
                    _ = late.Exception;
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task<TResult> RunWithinLimitAsync<TState, TResult>(
        TState state,
        Func<NpgsqlConnection, TState, CancellationToken, ValueTask<TResult>> call,
        CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await WaitForConnectionAsync(cancellationToken);

        // Not the caller's token: who gives up does not wait for it, and a statement that is under way takes a moment. To cancel it takes
        // longer, on the thread of whoever cancels.
        using var limit = new CallLimit(Max(_limit - Stopwatch.GetElapsedTime(began), TimeSpan.Zero), CancellationToken.None);
        try
        {
            // What has kept it from being done says more than that the time was over then.
            Exception? last = null;
            for (var tries = 1; ; tries++)
            {
                try
                {
                    await using var connection = await _source.OpenConnectionAsync(limit.Token);
                    var result = await call(connection, state, limit.Token);
                    _outage.Succeeded();
                    return result;
                }
                catch (Exception exception) when (PostgresFailures.IsOfTheDatabase(exception))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (PostgresFailures.IsReadOnly(exception))
                    {
                        // The server that may be written may be another one: it is looked for anew.
                        _source.Clear();
                    }

                    var isOver = limit.Token.IsCancellationRequested;
                    last = isOver ? last : exception;
                    if (isOver || tries == MaxTries || !PostgresFailures.IsPassing(exception)
                        || !await TryPauseAsync(tries, limit.Token, cancellationToken))
                    {
                        throw Failed(last ?? exception, isLate: last is null);
                    }
                }
            }
        }
        finally
        {
            _connections.Release();
        }
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private async ValueTask WaitForConnectionAsync(CancellationToken cancellationToken)
    {
        if (_connections.Wait(0, CancellationToken.None))
        {
            return;
        }

        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw Busy();
        }

        try
        {
            if (!await _connections.WaitAsync(_limit, cancellationToken))
            {
                throw Busy();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Twice as long each time, and not at the same moment as everybody else. False when the time is over.</summary>
    private static async ValueTask<bool> TryPauseAsync(int tries, CancellationToken limit, CancellationToken cancellationToken)
    {
        var longest = Math.Min(s_longestPause.Ticks, s_firstPause.Ticks << tries);
        try
        {
            await Task.Delay(TimeSpan.FromTicks(Random.Shared.NextInt64(longest / 2, longest)), limit);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private StorageException Busy()
    {
        var busy = PostgresFailures.Busy();
        _outage.Failed("no connection is free", busy.Failure);
        return busy;
    }

    private StorageException Failed(Exception exception, bool isLate)
    {
        var failure = isLate ? PostgresFailures.TimedOut() : PostgresFailures.Describe(exception);
        _outage.Failed(PostgresFailures.Name(exception), failure.Failure);
        return failure;
    }
}
