using Gateway.Fixtures.Wire;

namespace Gateway.Fixtures.Compare;

/// <summary>
/// Compares connect and replay alone: for a target whose live part has nothing to do with the recorded agent's. Only events that were
/// there before the session count, as others need its actions. Strict and pure.
/// </summary>
internal static class ReplayComparer
{
    public static IEnumerable<Finding> Compare(ConnectionPair pair) => MeaningComparer.Compare(pair).Where(finding => finding.Kind switch
    {
        FindingKind.Handshake or FindingKind.Answer => true,
        FindingKind.MissingEvent or FindingKind.ChangedField or FindingKind.Order => finding.RecordedEvent is { InReplay: true } recorded && IsOld(pair, recorded),
        FindingKind.ExtraEvent or FindingKind.RepeatedEvent => finding.ActualEvent is { InReplay: true } actual && IsOld(pair, actual),
        _ => false,
    });

    private static bool IsOld(ConnectionPair pair, SeenEvent seen) => pair.Log.HeadBefore < 0 ? seen.Id <= pair.Recorded.ReplayedThrough : pair.Log.IsFromBefore(seen.Id);
}
