using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Reads the next page of a replay while the one before is on its way to the client, where a read is a round trip. At most
/// <see cref="MaxPages"/> wait so in the whole process, each at most a second: a client that is slower than that has its page read anew,
/// and holds no memory. One for the process; any thread.
/// </summary>
internal sealed class PageReadAhead(TimeProvider timeProvider)
{
    /// <summary>So many pages wait at most, of about 1 MiB each.</summary>
    public const int MaxPages = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _timeProvider = timeProvider;
    private int _waiting;

    /// <summary>
    /// Begins to read as <see cref="IEventLog.ReadAsync"/> does; null when nothing follows, when that is no gain, or when enough pages
    /// wait. The caller takes it or disposes it.
    /// </summary>
    public Page? TryBegin(IEventLog log, int fromId, int throughId, CancellationToken cancellationToken)
    {
        if (!log.IsRemote || fromId > throughId)
        {
            return null;
        }

        if (Interlocked.Increment(ref _waiting) > MaxPages)
        {
            Release();
            return null;
        }

        return new Page(this, log.ReadAsync(fromId, throughId, cancellationToken).AsTask());
    }

    private void Release() => Interlocked.Decrement(ref _waiting);

    /// <summary>A page that is being read, or waits. Any thread.</summary>
    internal sealed class Page : IDisposable
    {
        private readonly PageReadAhead _owner;
        private readonly Task<EventPage> _reading;
        private readonly ITimer _patience;
        private int _isGone;

        public Page(PageReadAhead owner, Task<EventPage> reading)
        {
            (_owner, _reading) = (owner, reading);
            _patience = owner._timeProvider.CreateTimer(
                static state => ((Page)state!).Dispose(), this, s_patience, Timeout.InfiniteTimeSpan);
        }

        /// <summary>The page, which is the caller's now, or what reading it threw; null when it has waited too long.</summary>
        public async ValueTask<EventPage?> TakeAsync()
        {
            if (!TryEnd())
            {
                return null;
            }

            _owner.Release();
            return await _reading;
        }

        /// <summary>Lets the page go, unless it has been taken.</summary>
        public void Dispose()
        {
            if (TryEnd())
            {
                _ = LetGoAsync();
            }
        }

        private bool TryEnd()
        {
            if (Interlocked.Exchange(ref _isGone, 1) != 0)
            {
                return false;
            }

            _patience.Dispose();
            return true;
        }

        private async Task LetGoAsync()
        {
            try
            {
                (await _reading).Dispose();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
            {
                // Nobody wants it. Who reads it anew hears of what is wrong.
            }
            finally
            {
                _owner.Release();
            }
        }
    }
}
