using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Tests.Support;

/// <summary>A page as Prometheus scrapes it. Pure.</summary>
internal static partial class PrometheusPage
{
    /// <summary>The values by name and labels, without the label that names the meter: <c>name{label="value"}</c>.</summary>
    public static Dictionary<string, double> Read(string page) => page
        .Split('\n')
        .Where(static line => line.Length > 0 && line[0] != '#')
        .Select(static line => Sample().Match(line))
        .ToDictionary(
            static match => match.Groups["name"].Value + LabelsOf(match.Groups["labels"].Value),
            static match => double.Parse(match.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture));

    /// <summary>The names of its metrics, as expressions name them.</summary>
    public static HashSet<string> Names(string page) => [.. Read(page).Keys.Select(static key => key.Split('{')[0])];

    private static string LabelsOf(string labels)
    {
        var kept = Scope().Replace(labels, "").TrimEnd(',');
        return kept.Length > 0 ? $"{{{kept}}}" : "";
    }

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][\w:]*)(\{(?<labels>.*)\})? (?<value>\S+)( \d+)?$")]
    private static partial Regex Sample();

    [GeneratedRegex("otel_scope_[a-z_]+=\"[^\"]*\",?")]
    private static partial Regex Scope();
}
