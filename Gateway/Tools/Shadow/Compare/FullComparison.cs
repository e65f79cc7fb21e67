using System.Collections.Concurrent;

using Gateway.Tools.Verify.Play;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// Mode <c>full</c>: the candidate's own agent does what V0's did, in a throw-away conversation, and both are compared by shape. In what
/// two runs of V0 differ is learnt from a second V0 first, and counted apart: it says nothing of the candidate. Any thread.
/// </summary>
/// <param name="noise">The second V0; null: there is none.</param>
internal sealed class FullComparison(TurnPlayer candidate, TurnPlayer? noise, ShadowNotes notes)
{
    public const string NoiseRule = "noise";

    private readonly ConcurrentDictionary<ShapeDifference, bool> _noise = new();

    public async Task<ComparisonOutcome> CompareAsync(ComparisonJob job, CancellationToken cancellationToken)
    {
        if (ObservedTurns.Read(job) is not { } observed)
        {
            return ComparisonOutcome.NotCompared(DropReason.NotRepeatable);
        }

        if (noise is not null)
        {
            await LearnAsync(noise, observed, cancellationToken);
        }

        try
        {
            var found = Compare(observed, await candidate.PlayAsync(observed, cancellationToken));
            return new ComparisonOutcome([.. found.Select(ToFinding)]);
        }
        catch (TargetException exception)
        {
            return new ComparisonOutcome([Finding.OfTarget(exception)]);
        }
    }

    private static IEnumerable<(ShapeDifference Difference, int Turn, int Uses)> Compare(
        ObservedTurns observed, IReadOnlyList<TurnShape> played) => observed.Turns
        .Take(played.Count)
        .SelectMany((turn, number) => turn.IsAtRest
            ? turn.Compare(played[number]).Select(difference => (Difference: difference, Turn: number))
            : [])
        .GroupBy(static found => found.Difference)
        .Select(static group => (group.Key, group.First().Turn, group.Count()));

    private async Task LearnAsync(TurnPlayer player, ObservedTurns observed, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (difference, _, _) in Compare(observed, await player.PlayAsync(observed, cancellationToken)))
            {
                _noise[difference] = true;
            }
        }
        catch (TargetException exception)
        {
            notes.AddPartial($"the second V0 taught nothing of a conversation: {exception.Message}");
        }
    }

    private Finding ToFinding((ShapeDifference Difference, int Turn, int Uses) found) => _noise.ContainsKey(found.Difference)
        ? new Finding(true, NoiseRule, $"{found.Difference.Rule} {found.Difference.First}", "", found.Uses)
        : new Finding(
            false, found.Difference.Rule, found.Difference.First, $"turn {found.Turn}: {found.Difference.Rule} {found.Difference.First}",
            found.Uses);
}
