using Gateway.SocketIO;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// The newest parts of a conversation's replays, encoded. After a restart all clients of a conversation come back at once, most of them
/// from the same event: one of them reads the store, the others are sent the same bytes, as long as they are not far behind. Nothing is
/// kept of a replay before a second client asks for it within a second; what is kept goes when nobody has taken any of it for a second.
/// Bounded by <see cref="MaxBytes"/> and in number, within the <see cref="RecentEventBudget"/> of the process. One for each session; any
/// thread.
/// </summary>
internal sealed class RecentReplay(RecentEventBudget budget, TimeProvider timeProvider)
{
    /// <summary>Of all parts together; the oldest go first.</summary>
    public const int MaxBytes = 1_024 * 1_024;

    // Of a log that shows nothing, parts have no bytes.
    private const int MaxParts = 64;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<Kept> _kept = [];
    private Asked? _lastAsked;
    private Asked? _lastShared;
    private ITimer? _timer;
    private int _bytes;
    private bool _isUsed;

    /// <summary>A client asks for this replay.</summary>
    public void Begin(ReplaySpan span)
    {
        lock (_lock)
        {
            var asked = new Asked(span, timeProvider.GetTimestamp());
            if (_lastAsked is { } before && before.Span == span && timeProvider.GetElapsedTime(before.At, asked.At) < s_interval)
            {
                _lastShared = asked;
            }

            _lastAsked = asked;
        }
    }

    /// <summary>The first part of what is left of a replay, when it is kept.</summary>
    public ReplayPart? Find(ReplaySpan span)
    {
        lock (_lock)
        {
            foreach (var kept in _kept)
            {
                if (kept.Span == span)
                {
                    _isUsed = true;
                    return kept.Part;
                }
            }

            return null;
        }
    }

    /// <summary>
    /// The first part of what is left of a replay was read. It is kept, in place of older ones, if several clients are at the same replay,
    /// unless it is large or the budget is spent.
    /// </summary>
    public void Keep(ReplaySpan span, ReplayPart part)
    {
        var bytes = 0L;
        foreach (ref readonly var prepared in part.Events.Span)
        {
            bytes += prepared.Packet.Length;
        }

        if (bytes > MaxBytes)
        {
            return;
        }

        lock (_lock)
        {
            if (!IsShared(span) || _kept.Any(kept => kept.Span == span))
            {
                return;
            }

            while (_bytes + bytes > MaxBytes || _kept.Count == MaxParts)
            {
                LetGo(_kept.Dequeue());
            }

            if (budget.TryReserve((int)bytes))
            {
                _kept.Enqueue(new Kept(span, part, (int)bytes));
                _bytes += (int)bytes;
                _isUsed = true;
                _timer ??= timeProvider.CreateTimer(static state => ((RecentReplay)state!).LetGoUnlessUsed(), this, s_interval, s_interval);
            }
        }
    }

    private bool IsShared(ReplaySpan span) => _lastShared is { } shared
        && shared.Span.IsSameEnd(span)
        && (_kept.Count > 0 || timeProvider.GetElapsedTime(shared.At) < s_interval);

    private void LetGoUnlessUsed()
    {
        lock (_lock)
        {
            if (_isUsed)
            {
                _isUsed = false;
                return;
            }

            while (_kept.TryDequeue(out var kept))
            {
                LetGo(kept);
            }

            _timer?.Dispose();
            _timer = null;
        }
    }

    private void LetGo(Kept kept)
    {
        _bytes -= kept.Bytes;
        budget.Release(kept.Bytes);
    }

    /// <summary>A replay that a client has begun. Immutable.</summary>
    private readonly record struct Asked(ReplaySpan Span, long At);

    private readonly record struct Kept(ReplaySpan Span, ReplayPart Part, int Bytes);
}

/// <summary>
/// What makes one replay, or what is left of it, the same as another: the events from one id through another, and the agent state that it
/// shows.
/// </summary>
internal readonly record struct ReplaySpan(int FromId, int ThroughId, int StateId)
{
    /// <summary>Wherever they begin, they go on alike.</summary>
    public bool IsSameEnd(ReplaySpan other) => ThroughId == other.ThroughId && StateId == other.StateId;
}

/// <summary>As much of a replay as one read of the store gave, none of it corrupt.</summary>
/// <param name="Events">In the main form (<see cref="SocketConnection.TakesMainForm"/>).</param>
/// <param name="NextId">The id that it goes on from.</param>
internal readonly record struct ReplayPart(ReadOnlyMemory<PreparedEvent> Events, int NextId);
