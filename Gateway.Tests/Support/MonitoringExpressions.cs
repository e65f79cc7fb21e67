using System.Text.RegularExpressions;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>A panel of the dashboard.</summary>
internal sealed record DashboardPanel(int Id, string Title, IReadOnlyList<string> Expressions);

/// <summary>What the dashboard and the alerts in <c>Gateway/deploy</c> ask Prometheus for. Pure.</summary>
internal static partial class MonitoringExpressions
{
    /// <summary>Without the rows' titles.</summary>
    public static IReadOnlyList<DashboardPanel> Panels()
    {
        var dashboard = JObject.Parse(File.ReadAllText(Repository.PathOf("Gateway", "deploy", "grafana-dashboard.json")));
        return
        [
            .. dashboard["panels"]!.Where(static panel => (string?)panel["type"] != "row").Select(static panel => new DashboardPanel(
                (int)panel["id"]!, (string)panel["title"]!, [.. panel["targets"]!.Select(static target => (string)target["expr"]!)])),
        ];
    }

    /// <summary>The metrics of an expression, as Prometheus calls them.</summary>
    public static IEnumerable<string> MetricsOf(string expression) =>
        Metric().Matches(Labels().Replace(expression, "")).Select(static match => match.Value);

    /// <summary>
    /// What OpenTelemetry calls it, with <c>_</c> for its dots: without what Prometheus's exporter adds for the unit and the kind.
    /// </summary>
    public static string WithoutSuffixes(string metric) => Suffix().Replace(metric, "");

    [GeneratedRegex(@"\{[^}]*\}|\b(by|on|without|ignoring|group_left)\s*\([^)]*\)")]
    private static partial Regex Labels();

    [GeneratedRegex(@"\b(gateway|http|dotnet|kestrel|process|up)_\w+")]
    private static partial Regex Metric();

    [GeneratedRegex("(_seconds|_bytes)?(_total|_bucket|_count|_sum)?$")]
    private static partial Regex Suffix();
}
