using Gateway.Primitives;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Says in the log that the database does not do what it is asked: one line when that begins, at most one a minute while it lasts, and one
/// when it is over, with how long it took. It is over once nothing has failed for some seconds, for more of them where it comes again and
/// again. Any thread.
/// </summary>
internal sealed partial class PostgresOutage(TimeProvider timeProvider, ILogger logger)
{
    // Calls that have failed before come back late, and one of several connections may be the last to recover.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestQuiet = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private volatile bool _isOut;
    private long _began;
    private long _said;
    private long _lastFailure;

    // The first success since the last failure; 0 when there was none.
    private long _back;
    private int _failed;
    private TimeSpan _quiet = s_quiet;
    private long? _ended;

    /// <summary>A call has done what it was asked.</summary>
    public void Succeeded()
    {
        if (_isOut)
        {
            EndIfOver(timeProvider.GetTimestamp());
        }
    }

    /// <summary>A call has failed for the database's reasons.</summary>
    public void Failed(string error, StorageFailure reason)
    {
        var now = timeProvider.GetTimestamp();
        lock (_lock)
        {
            _lastFailure = now;
            _back = 0;
            _failed++;
            if (!_isOut)
            {
                (_isOut, _began, _said, _failed) = (true, now, now, 1);
                var isAgain = _ended is { } ended && timeProvider.GetElapsedTime(ended, now) < s_interval;
                _quiet = !isAgain ? s_quiet : _quiet * 2 < s_longestQuiet ? _quiet * 2 : s_longestQuiet;
                Log.Began(logger, error, SmallWords.Of(reason));
            }
            else if (timeProvider.GetElapsedTime(_said, now) >= s_interval)
            {
                _said = now;
                Log.Lasts(logger, _failed, timeProvider.GetElapsedTime(_began, now), error, SmallWords.Of(reason));
            }
        }
    }

    private void EndIfOver(long now)
    {
        lock (_lock)
        {
            _back = _back == 0 ? now : _back;
            if (_isOut && timeProvider.GetElapsedTime(_lastFailure, now) >= _quiet)
            {
                (_isOut, _ended) = (false, now);
                Log.Ended(logger, timeProvider.GetElapsedTime(_began, _back), _failed);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The database did not do what it was asked ({Error}): {Reason}. What follows is counted.")]
        public static partial void Began(ILogger logger, string error, string reason);

        [LoggerMessage(
            2, LogLevel.Warning, "The database did not do what it was asked {Count} times in {Duration}, lastly ({Error}): {Reason}.")]
        public static partial void Lasts(ILogger logger, int count, TimeSpan duration, string error, string reason);

        [LoggerMessage(3, LogLevel.Information, "The database does what it is asked again, after {Duration}; {Count} calls had failed.")]
        public static partial void Ended(ILogger logger, TimeSpan duration, int count);
    }
}
