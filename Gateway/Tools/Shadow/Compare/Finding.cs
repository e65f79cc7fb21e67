using System.Text.RegularExpressions;

using Gateway.Primitives;
using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Reports;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>One thing in which the candidate was unlike V0, or failed. Immutable; no secret is in it.</summary>
/// <param name="Rule">The rule that accounts for it; of a difference its kind.</param>
/// <param name="First">What it is about, without ids: the kind of event, the place in it.</param>
/// <param name="Line">For a reader.</param>
/// <param name="Uses">How often it was found in one comparison.</param>
internal sealed partial record Finding(bool IsIntended, string Rule, string First, string Line, int Uses)
{
    public const string Hang = "candidate-hang";
    public const string Unreachable = "candidate-unreachable";
    public const string BrokeOff = "candidate-broke-off";
    public const string Slow = "slow-answer";
    public const string Failed = "comparison-failed";

    /// <summary>The candidate failed, whatever it would have answered.</summary>
    public bool IsCandidateError => Rule is Hang or Unreachable or BrokeOff;

    public static Finding OfRule(string name, int uses) => new(true, name, "", "", uses);

    public static Finding OfDifference(Difference difference) =>
        new(false, NameOf(difference.Kind), FirstOf(difference), DifferenceText.Line(difference), 1);

    public static Finding OfTarget(TargetException exception) => OfError(exception.IsLate ? Hang : Unreachable, exception.Message);

    public static Finding OfError(string rule, string line) => new(false, rule, "", SecretRedactor.ForLogs.RedactText(line), 1);

    private static string NameOf(DifferenceKind kind) => Capital().Replace(kind.ToString(), "-$0").ToLowerInvariant();

    private static string FirstOf(Difference difference)
    {
        var seen = (difference.RecordedEvent ?? difference.ActualEvent)?.Event;
        var packet = difference.RecordedPacket ?? difference.ActualPacket;
        var what = seen is not null ? seen.Action ?? seen.Observation ?? "event"
            : packet is not null ? packet.Argument.Member("status_update") is not null ? "status_update" : packet.Kind.ToString()
            : "";
        return $"{what} {Number().Replace(difference.Pointer, "/*")}".Trim();
    }

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Capital();

    [GeneratedRegex(@"/\d+(?=/|$)")]
    private static partial Regex Number();
}

/// <summary>What came of one comparison. Immutable.</summary>
internal sealed record ComparisonOutcome(IReadOnlyList<Finding> Findings)
{
    /// <summary>Why nothing was compared; null when something was.</summary>
    public DropReason? Dropped { get; private init; }

    public static ComparisonOutcome NotCompared(DropReason reason) => new([]) { Dropped = reason };

    public bool IsDifferent => Findings.Any(static finding => !finding.IsIntended);

    public bool IsCandidateError => Findings.Any(static finding => finding.IsCandidateError);
}
