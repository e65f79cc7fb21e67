using Gateway.Primitives;

namespace Gateway.Conversations.Storage.Files;

internal sealed partial class LogWatcher
{
    /// <summary>
    /// One log that is watched; a run is one look. One that hangs is waited for, not repeated. Other properties than
    /// <see cref="IsCurrent"/> belong to the watcher and its lock.
    /// </summary>
    public sealed class Watch(LogWatcher watcher, FileEventLog log) : SerialWorker, IDisposable
    {
        public FileEventLog EventLog { get; } = log;

        /// <summary>What the kernel watches for it; null when it must be looked at.</summary>
        public int? Directory { get; set; }

        /// <summary><see cref="Directory"/> is that of the events.</summary>
        public bool IsOfEvents { get; set; }

        /// <summary>Counts what makes a look necessary.</summary>
        public int News { get; set; }

        /// <summary>What <see cref="News"/> was before the last look.</summary>
        public int LookedNews { get; set; } = NeverLooked;

        /// <summary>The highest event id that the kernel has told of.</summary>
        public int ToldThrough { get; set; } = ConversationPaths.NoId;

        /// <summary>The log has looked since the kernel told of something new last, and has found all of it.</summary>
        public bool IsSettled => Directory is not null && LookedNews == News && EventLog.Head >= ToldThrough;

        /// <summary>
        /// Nobody else has appended anything that the log does not have: there is no need to look at the disk. False where the kernel does
        /// not tell, or has told of something that is not found yet. Never waits for the disk; any thread.
        /// </summary>
        public bool IsCurrent => watcher.IsCurrent(this);

        public void Dispose()
        {
            Stop();
            watcher.Remove(this);
        }

        protected override async ValueTask RunAsync()
        {
            var (isUnfinished, news) = (false, NeverLooked);
            try
            {
                (isUnfinished, news) = await watcher._threads.RunAsync(
                    EventLog.Key, StorageCallKind.Read, this, static watch => watch.LookNow(), CancellationToken.None);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Said where it matters: to whoever reads. The kernel may have told what was not seen now.
                isUnfinished = true;
            }
            catch (ObjectDisposedException)
            {
                // The process ends.
            }

            watcher.Looked(this, isUnfinished, news);
        }

        protected override void OnFault(Exception exception) => LogWatcher.Log.LookFailed(watcher._logger, exception, EventLog.Key.Id);

        private (bool IsUnfinished, int News) LookNow()
        {
            watcher.Attach(this);
            int news;
            lock (watcher._lock)
            {
                news = News;
            }

            return (EventLog.Discover(claimedId: -1), news);
        }
    }
}
