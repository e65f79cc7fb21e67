using Gateway.SocketIO;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// The newest short replay of a conversation, encoded. After a restart all clients of a conversation come back at once, most of them from
/// the same event: two of them read the store, the others are sent the same bytes. Nothing is kept of a replay that only one client has
/// asked for in the last second; what is kept goes when nobody has asked for it for a second. Bounded by <see cref="MaxBytes"/>, within the
/// <see cref="RecentEventBudget"/> of the process. One for each session; any thread.
/// </summary>
internal sealed class RecentReplay(RecentEventBudget budget, TimeProvider timeProvider)
{
    public const int MaxBytes = 256 * 1_024;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private Kept? _kept;
    private Asked? _lastMissed;

    /// <summary>The events of the replay, when they are kept.</summary>
    /// <param name="span">Which replay it is.</param>
    /// <param name="mayKeep">It was asked for before, a moment ago: when it has been read, <see cref="Keep"/> it.</param>
    public ReadOnlyMemory<PreparedEvent>? Find(ReplaySpan span, out bool mayKeep)
    {
        mayKeep = false;
        if (Volatile.Read(ref _kept) is { } kept && kept.Span == span)
        {
            kept.Use();
            return kept.Events;
        }

        var asked = new Asked(span, timeProvider.GetTimestamp());
        var before = Interlocked.Exchange(ref _lastMissed, asked);
        mayKeep = before is not null && before.Span == span && timeProvider.GetElapsedTime(before.At, asked.At) < s_interval;
        return null;
    }

    /// <summary>Keeps a replay in place of the one before, unless it is large or the budget is spent.</summary>
    /// <param name="span">Which replay it is.</param>
    /// <param name="events">All of it, in the main form (<see cref="SocketConnection.TakesMainForm"/>).</param>
    public void Keep(ReplaySpan span, ReadOnlyMemory<PreparedEvent> events)
    {
        var bytes = 0;
        foreach (ref readonly var prepared in events.Span)
        {
            bytes += prepared.Packet.Length;
            if (bytes > MaxBytes)
            {
                return;
            }
        }

        if (budget.TryReserve(bytes))
        {
            Interlocked.Exchange(ref _kept, new Kept(this, span, events, bytes))?.Dispose();
        }
    }

    private void LetGo(Kept kept)
    {
        Interlocked.CompareExchange(ref _kept, null, kept);
        kept.Dispose();
    }

    /// <summary>A replay that the store was read for. Immutable.</summary>
    private sealed record Asked(ReplaySpan Span, long At);

    /// <summary>A replay that is kept. Any thread.</summary>
    private sealed class Kept : IDisposable
    {
        private readonly RecentReplay _owner;
        private readonly int _bytes;
        private readonly ITimer _timer;
        private int _isUsed;
        private int _isGone;

        public Kept(RecentReplay owner, ReplaySpan span, ReadOnlyMemory<PreparedEvent> events, int bytes)
        {
            (_owner, Span, Events, _bytes) = (owner, span, events, bytes);
            _timer = owner.CreateTimer(this);
        }

        public ReplaySpan Span { get; }

        public ReadOnlyMemory<PreparedEvent> Events { get; }

        public void Use() => Volatile.Write(ref _isUsed, 1);

        public void LetGoUnlessUsed()
        {
            if (Interlocked.Exchange(ref _isUsed, 0) == 0)
            {
                _owner.LetGo(this);
            }
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isGone, 1) == 0)
            {
                _timer.Dispose();
                _owner.Release(_bytes);
            }
        }
    }

    private ITimer CreateTimer(Kept kept) =>
        timeProvider.CreateTimer(static state => ((Kept)state!).LetGoUnlessUsed(), kept, s_interval, s_interval);

    private void Release(int bytes) => budget.Release(bytes);
}

/// <summary>What makes one replay the same as another: the events from one id through another, and the agent state that it shows.</summary>
internal readonly record struct ReplaySpan(int FromId, int ThroughId, int StateId);
