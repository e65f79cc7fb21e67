using Gateway.Tools.Verify.Rules;

namespace Gateway.Tools.Verify.Features;

/// <summary>
/// Every feature of V0's that is known, in one table: verify's rules are its rows with a rule, the page <c>readiness.md</c> is made from
/// it, and <c>readiness</c> and <c>corpus</c> count what a session shows by it. Pure and thread-safe.
/// </summary>
internal static class FeatureTable
{
    /// <summary>Stands for every kind of a family that has no row of its own.</summary>
    public const string AnyKind = "*";

    /// <summary>In the order of their groups.</summary>
    public static IReadOnlyList<Feature> All { get; } =
    [
        .. SocketFeatures.All, .. AgentFeatures.All, .. LogFeatures.All, .. RouteFeatures.All, .. LoadFeatures.All, .. RuleFeatures.All,
    ];

    private static readonly Dictionary<string, Feature> s_byName = All.ToDictionary(static feature => feature.Name, StringComparer.Ordinal);

    /// <summary>The rules of the rows that have one. The first that excuses a finding is the one that is counted.</summary>
    public static IReadOnlyList<DifferenceRule> Rules { get; } =
        [.. RuleFeatures.All.Select(static feature => feature.Rule).OfType<DifferenceRule>()];

    public static Feature? Find(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>The row of a kind, or of its family where the kind has none.</summary>
    /// <param name="family">One that has a row for any kind.</param>
    /// <param name="kind">What stands in the session, whatever it is.</param>
    public static Feature OfKind(string family, string kind) => Find($"{family}:{kind}") ?? s_byName[$"{family}:{AnyKind}"];

    /// <summary>Features whose name is the pattern; <c>*</c> in it stands for any text.</summary>
    public static IEnumerable<Feature> Matching(string pattern) => All.Where(feature => Matches(feature.Name, pattern));

    private static bool Matches(string name, string pattern)
    {
        if (name == pattern)
        {
            return true;
        }

        var parts = pattern.Split('*');
        if (parts.Length == 1 || !name.StartsWith(parts[0], StringComparison.Ordinal))
        {
            return false;
        }

        var place = parts[0].Length;
        foreach (var part in parts[1..])
        {
            var found = name.IndexOf(part, place, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }

            place = found + part.Length;
        }

        return parts[^1].Length == 0 || name.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
