using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Reads pages before they are asked for: the next one of a replay while the one before is on its way to the client, where a read is a
/// round trip; the first one of a conversation that is about to be shown. At most <see cref="MaxPages"/> wait so, each for a time:
/// whoever comes later has the page read anew, and holds no memory. One for the process and each use; any thread.
/// </summary>
internal sealed class PageReadAhead(TimeProvider timeProvider)
{
    /// <summary>So many pages wait at most, of about 1 MiB each.</summary>
    public const int MaxPages = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _timeProvider = timeProvider;
    private int _waiting;

    /// <summary>
    /// Begins to read as <see cref="IEventLog.ReadAsync"/> does, for a second. Null when nothing follows, when that is no gain, or when
    /// enough pages wait. The caller takes it or disposes it.
    /// </summary>
    public Page? TryBegin(IEventLog log, int fromId, int throughId, CancellationToken cancellationToken) =>
        log.IsRemote && fromId <= throughId
            ? TryBegin(() => log.ReadAsync(fromId, throughId, cancellationToken).AsTask(), s_patience)
            : null;

    /// <summary>Begins to read a page, which waits so long to be taken. Null when enough wait. The caller takes or disposes it.</summary>
    public Page? TryBegin(Func<Task<EventPage>> readAsync, TimeSpan patience)
    {
        if (Interlocked.Increment(ref _waiting) > MaxPages)
        {
            Release();
            return null;
        }

        return new Page(this, readAsync(), patience);
    }

    private void Release() => Interlocked.Decrement(ref _waiting);

    /// <summary>A page that is being read, or waits. Any thread.</summary>
    internal sealed class Page : IDisposable
    {
        private readonly PageReadAhead _owner;
        private readonly Task<EventPage> _reading;
        private readonly ITimer _patience;
        private int _isGone;

        public Page(PageReadAhead owner, Task<EventPage> reading, TimeSpan patience)
        {
            (_owner, _reading) = (owner, reading);
            _patience = owner._timeProvider.CreateTimer(
                static state => ((Page)state!).Dispose(), this, patience, Timeout.InfiniteTimeSpan);
        }

        /// <summary>It is there to be taken, without a wait.</summary>
        public bool IsRead => Volatile.Read(ref _isGone) == 0 && _reading.IsCompletedSuccessfully;

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
