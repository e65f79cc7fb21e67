using System.Globalization;

using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// Says which new connections must be closed so that the process does not run out of file descriptors. Without one Kestrel's accepting
/// fails, and it tries again without a pause: a whole core, and memory that grows until the process dies (seen within seconds under a heap
/// limit of 512 MB), with nothing said above Debug; and no file of the store can be opened. One instance for the process; any thread.
/// </summary>
internal sealed partial class DescriptorGuard
{
    private const string LimitsPath = "/proc/self/limits";
    private const string LimitName = "Max open files";

    private static readonly TimeSpan s_warningInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly int _limit;
    private readonly int _highest;
    private long? _lastWarning;
    private long _refused;

    public DescriptorGuard(EngineContext services)
        : this(ReadLimit(), services.TimeProvider, services.CreateLogger<DescriptorGuard>())
    {
    }

    /// <param name="limit">How many descriptors the process may have; 0 when that is not known.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes the warning.</param>
    public DescriptorGuard(int limit, TimeProvider timeProvider, ILogger logger)
    {
        _limit = limit;
        _timeProvider = timeProvider;
        _logger = logger;

        // For files, and for connections of our own to others.
        _highest = limit == 0 ? int.MaxValue : limit - Math.Clamp(limit / 8, 16, 512);
    }

    /// <summary>False when the connection must be closed.</summary>
    /// <param name="descriptor">The system gives the lowest number that is free: with this one all below it are in use.</param>
    public bool Admits(nint descriptor)
    {
        if (descriptor <= _highest)
        {
            return true;
        }

        lock (_lock)
        {
            _refused++;
            var now = _timeProvider.GetTimestamp();
            if (_lastWarning is { } last && _timeProvider.GetElapsedTime(last, now) < s_warningInterval)
            {
                return false;
            }

            _lastWarning = now;
            Log.TooMany(_logger, _refused, _highest, _limit);
            _refused = 0;
        }

        return false;
    }

    /// <summary>
    /// The soft limit, which .NET raises to the hard one as it starts. 0 where the system does not say it in this way, or has none.
    /// </summary>
    private static int ReadLimit()
    {
        try
        {
            foreach (var line in File.ReadLines(LimitsPath))
            {
                if (line.StartsWith(LimitName, StringComparison.Ordinal))
                {
                    var soft = line[LimitName.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
                    return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : 0;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not Linux.
        }

        return 0;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "Out of file descriptors: {Refused} new connections closed since the last warning, with {Open} of {Limit} in use. "
            + "Raise the limit (ulimit -n).")]
        public static partial void TooMany(ILogger logger, long refused, int open, int limit);
    }
}
