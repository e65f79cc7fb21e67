using Gateway.Tools.Shadow.Fixtures;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// Takes what comparisons found: counts, groups, a fixture for new groups, the switch. Groups that one comparison has found have one
/// fixture: it shows them all. Any thread.
/// </summary>
/// <param name="fixtures">Null: none is kept.</param>
/// <param name="onGroup">Told of each new group, once.</param>
internal sealed class ShadowResults(
    ShadowCounters counters,
    DifferenceGroups groups,
    ShadowSwitch shadowSwitch,
    ShadowNotes notes,
    FixtureKeeper? fixtures,
    Action<DifferenceGroup> onGroup)
{
    public async Task AddAsync(ComparisonJob job, ComparisonOutcome outcome)
    {
        var added = groups.Add(job, outcome);
        var folder = added.FirstOrDefault(static group => !group.Key.IsIntended) is { } first && fixtures is not null
            ? await fixtures.TryKeepAsync(job, first)
            : null;
        foreach (var group in added)
        {
            if (group.Key.IsIntended || folder is null)
            {
                onGroup(group);
                continue;
            }

            groups.SetFixture(group.Key, folder);
            onGroup(group with { Fixture = folder });
        }

        counters.ComparedOne(outcome.IsDifferent, outcome.IsCandidateError);
        shadowSwitch.Note(outcome.IsCandidateError);
    }

    public void Drop(DropReason reason)
    {
        counters.Drop(reason);
        var left = reason switch
        {
            DropReason.StoreBehind =>
                "the store lacks events that V0 has sent (half copied, or of another V0): what needs them was not compared",
            DropReason.Stopped => "it was ended before all that it had seen was compared",
            _ => null,
        };
        if (left is not null)
        {
            notes.AddPartial(left);
        }
    }

    public void Free(long bytes) => counters.Free(bytes);
}
