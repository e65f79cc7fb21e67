namespace Gateway.Tools.Shadow.Compare;

/// <summary>What findings are counted by.</summary>
internal readonly record struct GroupKey(bool IsIntended, string Rule, string Route, string Client, string First);

/// <summary>Like findings. Changed under its owner's lock; what is given out is a copy.</summary>
internal sealed record DifferenceGroup(GroupKey Key, int Number, DateTimeOffset FirstSeen, string Sample)
{
    public long Count { get; init; }

    public DateTimeOffset LastSeen { get; init; }

    /// <summary>The folder of its fixture; null when none was kept.</summary>
    public string? Fixture { get; init; }
}

/// <summary>All findings so far, by group. Bounded: past the bound new groups are counted as others. Any thread.</summary>
internal sealed class DifferenceGroups(TimeProvider timeProvider)
{
    public const int MaxGroups = 500;

    private static readonly GroupKey s_others = new(false, "others", "", "", "more kinds of differences than are kept apart");

    private readonly Lock _lock = new();
    private readonly Dictionary<GroupKey, DifferenceGroup> _groups = [];

    /// <summary>The differences first, the most frequent ones before.</summary>
    public IReadOnlyList<DifferenceGroup> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _groups.Values.OrderBy(static group => group.Key.IsIntended).ThenByDescending(static group => group.Count)
                    .ThenBy(static group => group.Number)];
            }
        }
    }

    /// <summary>Adds what one comparison found; gives the groups that are new by it, as their first finding left them.</summary>
    public IReadOnlyList<DifferenceGroup> Add(ComparisonJob job, ComparisonOutcome outcome)
    {
        var added = new List<DifferenceGroup>();
        var now = timeProvider.GetUtcNow();
        lock (_lock)
        {
            foreach (var finding in outcome.Findings)
            {
                var key = new GroupKey(finding.IsIntended, finding.Rule, job.Route, job.Client, finding.First);
                if (!_groups.TryGetValue(key, out var group))
                {
                    key = _groups.Count < MaxGroups ? key : s_others;
                    group = _groups.GetValueOrDefault(key)
                        ?? new DifferenceGroup(key, _groups.Count + 1, now, key == s_others ? "" : finding.Line);
                }

                var isNew = group.Count == 0;
                _groups[key] = group = group with { Count = group.Count + finding.Uses, LastSeen = now };
                if (isNew)
                {
                    added.Add(group);
                }
            }
        }

        return added;
    }

    public void SetFixture(GroupKey key, string folder)
    {
        lock (_lock)
        {
            if (_groups.TryGetValue(key, out var group))
            {
                _groups[key] = group with { Fixture = folder };
            }
        }
    }
}
