namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// When the map is committed. A commit for each live event would cost more than all else: they are committed together, and what a crash
/// loses is recognised. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class CommitSchedule(TimeProvider timeProvider)
{
    /// <summary>So much of a history at most is read and recognised again after a crash.</summary>
    public const int MaxUncommitted = 256;

    // So much of what comes live.
    private const int MaxUncommittedLive = 64;

    // Live, the first event that comes so long after the oldest uncommitted one brings a commit, and so does each change of the agent's
    // state: there is one at the end of each turn.
    private static readonly TimeSpan s_commitAfter = TimeSpan.FromSeconds(1);

    // A state was shown since the last commit: whether it comes out the same again may depend on what users asked for meanwhile.
    private bool _isUrgent;
    private long _since;

    /// <summary>An event is about to be uncommitted, behind so many.</summary>
    public void Adding(int uncommitted)
    {
        if (uncommitted == 0)
        {
            _since = timeProvider.GetTimestamp();
        }
    }

    public void StateShown() => _isUrgent = true;

    public bool IsDue(int uncommitted, bool isHistory) =>
        uncommitted >= (isHistory ? MaxUncommitted : MaxUncommittedLive)
        || (!isHistory && (_isUrgent || timeProvider.GetElapsedTime(_since) >= s_commitAfter));

    /// <summary>A commit is made now, or as soon as nothing is held any more.</summary>
    public void Committing(bool isHeldBack) => _isUrgent &= isHeldBack;
}
