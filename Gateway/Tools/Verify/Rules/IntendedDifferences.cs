using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Features;

namespace Gateway.Tools.Verify.Rules;

/// <summary>
/// All rules, which are rows of the table of features, and what they make of what a comparison found. Pure and thread-safe.
/// </summary>
internal static class IntendedDifferences
{
    /// <summary>The first that excuses a finding is the one that is counted.</summary>
    public static IReadOnlyList<DifferenceRule> Rules => FeatureTable.Rules;

    /// <summary>The rules, and those of the fixture itself.</summary>
    public static IReadOnlyList<DifferenceRule> For(FixtureInfo info) =>
        [.. Rules, new FixtureIgnoreRule(info), new FixtureUnorderedRule(info)];

    public static ClassifiedDifferences Classify(IEnumerable<Difference> findings, ConnectionPair pair, IReadOnlyList<DifferenceRule> rules)
    {
        var differences = new List<Difference>();
        var intended = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var finding in findings)
        {
            if (rules.FirstOrDefault(rule => rule.Allows(finding, pair)) is { } rule)
            {
                intended[rule.Name] = intended.GetValueOrDefault(rule.Name) + 1;
            }
            else
            {
                differences.Add(finding);
            }
        }

        return new ClassifiedDifferences(differences, intended);
    }
}

/// <summary>What is left of a comparison: differences, and how often each rule was used.</summary>
internal sealed record ClassifiedDifferences(IReadOnlyList<Difference> Differences, IReadOnlyDictionary<string, int> Intended);
