using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Rules;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify;

/// <summary>
/// Compares the answers to a session's REST calls, and says while it is played whether one is as recorded, intended differences included.
/// Immutable; any thread.
/// </summary>
/// <param name="targetTime">The time at the target; null when it runs at the time of the recording.</param>
internal sealed class RestComparison(
    RecordedSession session, IReadOnlyList<DifferenceRule> rules, bool workspaceIsMade, DateTimeOffset? targetTime)
{
    private readonly RestComparer _comparer = new(session.Store);

    /// <summary>What the rules may ask about the recording's calls.</summary>
    public ConnectionPair Context { get; } = ConnectionPair.ForRequests(
        new RestContext(session.RestCalls, session.Store, workspaceIsMade && session.Fixture.Info.HasWorkspace)
        {
            StoppedForRoom = session.StoppedForRoom,
            TargetTime = targetTime,
        });

    public IEnumerable<Difference> Compare(IEnumerable<RestOutcome> outcomes) => outcomes.SelectMany(_comparer.Compare);

    public bool IsAsRecorded(RestOutcome outcome) =>
        _comparer.Compare(outcome).All(finding => rules.Any(rule => rule.Allows(finding, Context)));
}
