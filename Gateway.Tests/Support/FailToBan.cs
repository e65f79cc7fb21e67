using System.Text.RegularExpressions;

namespace Gateway.Tests.Support;

/// <summary>fail2ban's filter as <c>docs/telemetry.md</c> gives it to operators. Stateless.</summary>
internal static partial class FailToBan
{
    /// <summary>The filter's patterns, for one address.</summary>
    public static async Task<IReadOnlyList<Regex>> ReadFilterAsync(string address)
    {
        var page = await File.ReadAllTextAsync(Repository.PathOf("Gateway", "docs", "telemetry.md"));
        Regex[] patterns =
        [
            .. FailRegex().Match(page).Groups["pattern"].Captures
                .Select(pattern => new Regex(pattern.Value.Replace("<HOST>", Regex.Escape(address), StringComparison.Ordinal))),
        ];
        patterns.Should().HaveCountGreaterThan(1, "the page has a filter");
        return patterns;
    }

    // Each further pattern stands in a line of its own that begins with spaces.
    [GeneratedRegex("^failregex = (?<pattern>.+)\n(?: +(?<pattern>.+)\n)*", RegexOptions.Multiline)]
    private static partial Regex FailRegex();
}
