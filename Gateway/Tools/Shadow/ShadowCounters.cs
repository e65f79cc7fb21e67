namespace Gateway.Tools.Shadow;

/// <summary>Why something that went through was not compared.</summary>
internal enum DropReason
{
    /// <summary>The copies came faster than they could be read.</summary>
    ReaderBehind,

    /// <summary>More comparisons were waiting than may wait.</summary>
    QueueFull,

    /// <summary>What is kept of sessions and bodies has reached its bound.</summary>
    Memory,

    /// <summary>One session or body was larger than is kept of one.</summary>
    TooLarge,

    /// <summary>The process had used up its share of the processors.</summary>
    Cpu,

    /// <summary>It was no HTTP/1.1 that could be read beside the client's path.</summary>
    Unreadable,

    /// <summary>Comparing was turned off meanwhile.</summary>
    TurnedOff,

    /// <summary>The shadow was ended before it was compared.</summary>
    Stopped,

    /// <summary>The client left before V0 had answered its CONNECT.</summary>
    NotAnswered,

    /// <summary>The store that the candidate reads did not have what V0 had sent.</summary>
    StoreBehind,

    /// <summary>
    /// In mode <c>full</c>: its beginning was not seen, or its user did something by other ways than sockets. In mode <c>act</c>: it was
    /// made with a first message, or deleted.
    /// </summary>
    NotRepeatable,
}

/// <summary>What has gone through and what came of it. Any thread.</summary>
internal sealed class ShadowCounters
{
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];
    private long _connections;
    private long _open;
    private long _bytes;
    private long _sessions;
    private long _calls;
    private long _notSampled;
    private long _compared;
    private long _different;
    private long _failed;
    private long _kept;

    public long Connections => Interlocked.Read(ref _connections);

    public long Open => Interlocked.Read(ref _open);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Engine.IO sessions and REST calls that were seen, sampled or not.</summary>
    public long Sessions => Interlocked.Read(ref _sessions);

    public long Calls => Interlocked.Read(ref _calls);

    public long NotSampled => Interlocked.Read(ref _notSampled);

    public long Compared => Interlocked.Read(ref _compared);

    /// <summary>Comparisons with at least one difference that no rule accounts for.</summary>
    public long Different => Interlocked.Read(ref _different);

    /// <summary>Comparisons in which the candidate did not answer, not in time, or broke off.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    public long Dropped => Enum.GetValues<DropReason>().Sum(DroppedFor);

    /// <summary>Bytes of sessions and bodies that are kept for comparing.</summary>
    public long Kept => Interlocked.Read(ref _kept);

    public long DroppedFor(DropReason reason) => Interlocked.Read(ref _dropped[(int)reason]);

    public void ConnectionOpened()
    {
        Interlocked.Increment(ref _connections);
        Interlocked.Increment(ref _open);
    }

    public void ConnectionClosed() => Interlocked.Decrement(ref _open);

    public void Forwarded(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public void SessionSeen() => Interlocked.Increment(ref _sessions);

    public void CallSeen() => Interlocked.Increment(ref _calls);

    public void LeftOutOfSample() => Interlocked.Increment(ref _notSampled);

    public void ComparedOne(bool isDifferent, bool isFailed)
    {
        Interlocked.Increment(ref _compared);
        Interlocked.Add(ref _different, isDifferent ? 1 : 0);
        Interlocked.Add(ref _failed, isFailed ? 1 : 0);
    }

    public void Drop(DropReason reason) => Interlocked.Increment(ref _dropped[(int)reason]);

    /// <summary>Takes room for what is to be kept; false when there is none.</summary>
    public bool TryKeep(long bytes, long limit)
    {
        if (Interlocked.Add(ref _kept, bytes) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _kept, -bytes);
        return false;
    }

    public void Free(long bytes) => Interlocked.Add(ref _kept, -bytes);
}
