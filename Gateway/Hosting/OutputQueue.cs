using System.Text;

namespace Gateway.Hosting;

/// <summary>
/// Lines on their way to an output that may not be read: whoever logs never waits for it. Bounded by bytes, beyond them the oldest lines
/// are dropped, and how many were dropped is said as soon as the output takes something again. Any thread may call; one thread of its own,
/// started with the first line, writes.
/// </summary>
/// <param name="output">Where lines go. Only the queue's own thread touches it.</param>
/// <param name="maxBytes">What may wait. One line is always taken, however long.</param>
/// <param name="describeDropped">The line that says how many were dropped.</param>
internal sealed class OutputQueue(Stream output, int maxBytes, Func<long, string> describeDropped)
{
    private const int WriteBytes = 64 * 1_024;

    // Guards all below; the writing thread and those who flush wait on it.
    private readonly object _lock = new();
    private readonly Queue<byte[]> _lines = new();
    private int _queuedBytes;
    private long _dropped;
    private long _written;
    private long _writtenAtLastTimeout = -1;
    private bool _isWriting;
    private bool _isStarted;

    /// <summary>Takes a line, without its line end.</summary>
    public void Add(string line)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(line) + 1];
        Encoding.UTF8.GetBytes(line, bytes);
        bytes[^1] = (byte)'\n';
        lock (_lock)
        {
            while (_lines.Count > 0 && _queuedBytes + bytes.Length > maxBytes)
            {
                _queuedBytes -= _lines.Dequeue().Length;
                _dropped++;
            }

            _lines.Enqueue(bytes);
            _queuedBytes += bytes.Length;
            if (!_isStarted)
            {
                _isStarted = true;

                // In the background: a write that is stuck must not keep the process from ending.
                new Thread(WriteLoop) { IsBackground = true, Name = "log output" }.Start();
            }

            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>
    /// Waits until all lines are written, but not longer than <paramref name="limit"/>; and not at all when it has waited in vain before
    /// and nothing has been written since. False when lines are left.
    /// </summary>
    public bool Flush(TimeSpan limit)
    {
        var until = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        lock (_lock)
        {
            while (_lines.Count > 0 || _isWriting)
            {
                var left = until - Environment.TickCount64;
                if (left <= 0 || _writtenAtLastTimeout == _written)
                {
                    _writtenAtLastTimeout = _written;
                    return false;
                }

                Monitor.Wait(_lock, (int)left);
            }

            return true;
        }
    }

    private void WriteLoop()
    {
        var chunk = new MemoryStream(WriteBytes);
        while (true)
        {
            var (lines, dropped) = Take(chunk);
            var isWritten = TryWrite(chunk);
            lock (_lock)
            {
                _isWriting = false;
                _written += isWritten ? lines : 0;

                // What the output refused is lost as well, and so is the word of what was dropped.
                _dropped += isWritten ? 0 : lines + dropped;
                Monitor.PulseAll(_lock);
            }
        }
    }

    /// <summary>Waits for lines, and moves as many into <paramref name="chunk"/> as are written at once.</summary>
    private (int Lines, long Dropped) Take(MemoryStream chunk)
    {
        chunk.SetLength(0);
        lock (_lock)
        {
            while (_lines.Count == 0)
            {
                Monitor.Wait(_lock);
            }

            _isWriting = true;
            var dropped = _dropped;
            _dropped = 0;
            if (dropped > 0)
            {
                // Before those that are left: they are newer than what was dropped.
                chunk.Write(Encoding.UTF8.GetBytes(describeDropped(dropped) + '\n'));
            }

            var count = 0;
            do
            {
                var line = _lines.Dequeue();
                _queuedBytes -= line.Length;
                chunk.Write(line);
                count++;
            }
            while (_lines.Count > 0 && chunk.Length + _lines.Peek().Length <= WriteBytes);

            return (count, dropped);
        }
    }

    private bool TryWrite(MemoryStream chunk)
    {
        try
        {
            output.Write(chunk.GetBuffer(), 0, (int)chunk.Length);
            output.Flush();
            return true;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // A full disk behind it: there is nowhere to say so, and the next lines may fit again.
            return false;
        }
    }
}
