using System.Collections.Concurrent;

using Gateway.Conversations;

namespace Gateway.Tools.Copy;

/// <summary>Something that was not moved, or is not the same on both sides. It names no content.</summary>
internal readonly record struct CopyProblem(string Where, string Problem)
{
    /// <summary>How a conversation is named.</summary>
    public static string NameOf(ConversationKey key) =>
        key.UserId is { } user ? $"conversation {key.Id} of {user}" : $"conversation {key.Id}";
}

/// <summary>What a run has done so far. Any thread adds, any thread looks.</summary>
internal sealed class CopyProgress(Action<CopyProblem> onProblem)
{
    // Names that are counted each; of a store with more of them the rest is counted together.
    private const int MaxForeignNames = 100;
    private const string OtherNames = "others";

    private readonly ConcurrentDictionary<string, long> _foreign = new(StringComparer.Ordinal);
    private long _total;
    private long _conversations;
    private long _opened;
    private long _work;
    private long _moved;
    private long _movedBytes;
    private long _compared;
    private long _damaged;
    private long _documents;
    private long _problems;
    private long _targetOnly;

    /// <summary>Conversations of the source.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>Those that are done, in whatever way.</summary>
    public long Conversations => Volatile.Read(ref _conversations);

    /// <summary>Events that were written.</summary>
    public long Moved => Volatile.Read(ref _moved);

    public long MovedBytes => Volatile.Read(ref _movedBytes);

    /// <summary>Events that were found to be the same on both sides.</summary>
    public long Compared => Volatile.Read(ref _compared);

    /// <summary>Those of them that readers cannot be shown, on either side.</summary>
    public long Damaged => Volatile.Read(ref _damaged);

    /// <summary>Metadata, settings, secrets and journals that are the same on both sides.</summary>
    public long Documents => Volatile.Read(ref _documents);

    public long Problems => Volatile.Read(ref _problems);

    /// <summary>Conversations that the target alone has.</summary>
    public long TargetOnly => Volatile.Read(ref _targetOnly);

    /// <summary>What stands in the source and has no place in a store of the gateway, and how often.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Foreign =>
        [.. _foreign.OrderByDescending(static one => one.Value).ThenBy(static one => one.Key, StringComparer.Ordinal)];

    /// <summary>
    /// About how much is done, 0 to 1: of the events to write and to compare in logs that have been opened, with as many again in each of
    /// the others.
    /// </summary>
    public double DoneShare()
    {
        var (opened, work) = (Volatile.Read(ref _opened), Volatile.Read(ref _work));
        var all = opened > 0 ? (double)work / opened * Math.Max(opened, Total) : 0;
        return all > 0 ? Math.Min(1, (Moved + Compared) / all) : 0;
    }

    public void AddTotal() => Interlocked.Increment(ref _total);

    public void AddConversation() => Interlocked.Increment(ref _conversations);

    /// <summary>A log has been opened.</summary>
    /// <param name="toWrite">Events that the target does not have.</param>
    /// <param name="toCompare">All of the source's.</param>
    public void AddOpened(int toWrite, int toCompare)
    {
        Interlocked.Increment(ref _opened);
        Interlocked.Add(ref _work, (long)toWrite + toCompare);
    }

    public void AddMoved(int events, long bytes)
    {
        Interlocked.Add(ref _moved, events);
        Interlocked.Add(ref _movedBytes, bytes);
    }

    public void AddCompared(bool isDamaged)
    {
        Interlocked.Increment(ref _compared);
        if (isDamaged)
        {
            Interlocked.Increment(ref _damaged);
        }
    }

    public void AddDocument() => Interlocked.Increment(ref _documents);

    public void AddTargetOnly() => Interlocked.Increment(ref _targetOnly);

    public void AddForeign(string name) =>
        _foreign.AddOrUpdate(
            _foreign.Count < MaxForeignNames || _foreign.ContainsKey(name) ? name : OtherNames, 1, static (_, count) => count + 1);

    public void Report(string where, string problem)
    {
        Interlocked.Increment(ref _problems);
        onProblem(new CopyProblem(where, problem));
    }
}
