using Gateway.Primitives;

using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Admission;

/// <summary>
/// The bytes that all clients together may make the process hold before it knows what to do with them: messages under assembly, polling
/// bodies that are being read, events before the CONNECT answer, binary packets that wait for attachments. Whoever asks when it is spent
/// is refused, so those that hold already can finish. One instance for the process; any thread. Taken through an <see cref="InboundHold"/>.
/// </summary>
internal sealed partial class InboundBudget(
    IOptions<EngineOptions> options, TimeProvider timeProvider, ILogger<InboundBudget> logger)
{
    private readonly long _limit = options.Value.InboundBudgetBytes;
    private readonly WarningInterval _warning = new(timeProvider);
    private long _held;

    /// <summary>Bytes held at this moment.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Bytes that may be held.</summary>
    public long Limit => _limit;

    /// <summary>False, and nothing is held, when that would be more than the limit.</summary>
    public bool TryReserve(long bytes)
    {
        // Compared before it is added: who is refused must not stand in the way of a smaller one for a moment.
        var held = Interlocked.Read(ref _held);
        while (held + bytes <= _limit)
        {
            var seen = Interlocked.CompareExchange(ref _held, held + bytes, held);
            if (seen == held)
            {
                return true;
            }

            held = seen;
        }

        if (_warning.IsDue())
        {
            Log.Spent(logger, _limit);
        }

        return false;
    }

    /// <summary>Gives back what <see cref="TryReserve"/> has given.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _held, -bytes);

    private static partial class Log
    {
        [LoggerMessage(
            1,
            LogLevel.Warning,
            "Unfinished messages hold all of Engine:InboundBudgetBytes ({Limit} bytes); clients that send more are refused.")]
        public static partial void Spent(ILogger logger, long limit);
    }
}
