using Gateway.Conversations.Runtime;
using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators.Clients;

namespace Gateway.Operations.Operators;

/// <summary>How things stood at one moment of the last ten minutes.</summary>
/// <param name="Connected">Sessions, those included whose client has not joined a conversation yet.</param>
/// <param name="EventsPerSecond">Events that were stored, since the moment before.</param>
internal readonly record struct HistoryPoint(DateTimeOffset At, int Connected, int Conversations, double EventsPerSecond);

/// <summary>
/// Remembers the last ten minutes, a few numbers every five seconds, and has the ledger of clients written. Without an operators' key it
/// does nothing. One loop, owned by the host; the rest from any thread.
/// </summary>
internal sealed partial class OperatorHistory(
    OperatorAccess access,
    SessionRegistry sessions,
    ConversationRegistry conversations,
    CounterTotals totals,
    ClientLedger ledger,
    TimeProvider timeProvider,
    ILogger<OperatorHistory> logger)
    : BackgroundService
{
    private const int Points = 120;
    private const int PointsBetweenWrites = 6;

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Queue<HistoryPoint> _points = new(Points);
    private long _lastEvents;
    private long _lastPassedOn;
    private long _lastAt;

    /// <summary>When the process began to serve, as a timestamp of the clock.</summary>
    public long Started { get; } = timeProvider.GetTimestamp();

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<HistoryPoint> Recent
    {
        get
        {
            lock (_lock)
            {
                return [.. _points];
            }
        }
    }

    /// <summary>Takes one point now. The loop calls, and tests.</summary>
    public void Take()
    {
        var (now, events) = (timeProvider.GetTimestamp(), totals.Of(CounterTotals.EventsAppended));
        var passed = totals.Of(CounterTotals.PassedOn, "socket");
        lock (_lock)
        {
            var seconds = timeProvider.GetElapsedTime(_lastAt, now).TotalSeconds;
            var rate = _lastAt == 0 || seconds <= 0 ? 0 : (events - _lastEvents) / seconds;
            (_lastAt, _lastEvents) = (now, events);
            ledger.CountV1(passed - _lastPassedOn, totals.AskFor(CounterTotals.OpenV1Sockets));
            _lastPassedOn = passed;
            if (_points.Count == Points)
            {
                _points.Dequeue();
            }

            _points.Enqueue(new HistoryPoint(
                timeProvider.GetUtcNow(), sessions.Count, conversations.ListRunning().Count, Math.Round(rate, 1)));
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (access.IsEnabled)
        {
            Write();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!access.IsEnabled)
        {
            return;
        }

        ledger.Load();
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            for (var point = 1; ; point++)
            {
                Take();
                if (point % PointsBetweenWrites == 0)
                {
                    Write();
                }

                await timer.WaitForNextTickAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; what was counted since is written then.
        }
    }

    private void Write()
    {
        try
        {
            ledger.Save();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was counted stays in memory, and the next write may do better.
            Log.NotWritten(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Which clients were seen could not be written down.")]
        public static partial void NotWritten(ILogger logger, Exception exception);
    }
}
