using NLog;
using NLog.Common;
using NLog.Targets;

using LogLevel = NLog.LogLevel;

namespace Gateway.Hosting;

/// <summary>
/// NLog's way to standard output through an <see cref="OutputQueue"/>: NLog's own console target writes on the thread that logs, and a pipe
/// that nobody reads would stop every connection. Any thread; owned by the log factory.
/// </summary>
internal sealed class ConsoleLogTarget : TargetWithLayout
{
    // A stopping process gives its last lines this long.
    private static readonly TimeSpan s_flushLimit = TimeSpan.FromSeconds(1);

    private readonly OutputQueue _queue;

    public ConsoleLogTarget(Stream output, int maxQueuedBytes) => _queue = new OutputQueue(output, maxQueuedBytes, DescribeDropped);

    // Not under the target's lock: rendering is safe on any thread, and the queue has its own lock.
    protected override void WriteAsyncThreadSafe(AsyncLogEventInfo logEvent)
    {
        _queue.Add(RenderLogEvent(Layout, logEvent.LogEvent));
        logEvent.Continuation(null);
    }

    protected override void Write(LogEventInfo logEvent) => _queue.Add(RenderLogEvent(Layout, logEvent));

    protected override void FlushAsync(AsyncContinuation asyncContinuation)
    {
        _queue.Flush(s_flushLimit);
        asyncContinuation(null);
    }

    protected override void CloseTarget()
    {
        _queue.Flush(s_flushLimit);
        base.CloseTarget();
    }

    private string DescribeDropped(long count) => RenderLogEvent(Layout, LogEventInfo.Create(
        LogLevel.Warn, typeof(ConsoleLogTarget).FullName, null, "{Count} log lines were dropped: standard output was not read in time.",
            [count]));
}
