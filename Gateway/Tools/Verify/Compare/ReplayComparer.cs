using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify.Compare;

/// <summary>
/// Compares connect and replay alone: for a target whose live part has nothing to do with the recorded agent's. Only events that were
/// there before the session count, as others need its actions. Strict and pure.
/// </summary>
internal static class ReplayComparer
{
    public static IEnumerable<Difference> Compare(ConnectionPair pair) => MeaningComparer.Compare(pair).Where(finding => finding.Kind switch
    {
        DifferenceKind.Handshake or DifferenceKind.Answer => true,
        DifferenceKind.MissingEvent or DifferenceKind.ChangedField or DifferenceKind.Order =>
            finding.RecordedEvent is { InReplay: true } recorded && IsOld(pair, recorded),
        DifferenceKind.ExtraEvent or DifferenceKind.RepeatedEvent =>
            finding.ActualEvent is { InReplay: true } actual && IsOld(pair, actual),
        _ => false,
    });

    private static bool IsOld(ConnectionPair pair, SeenEvent seen) =>
        pair.Log.HeadBefore < 0 ? seen.Id <= pair.Recorded.ReplayedThrough : pair.Log.IsFromBefore(seen.Id);
}
