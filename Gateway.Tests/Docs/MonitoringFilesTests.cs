using System.Text.RegularExpressions;

using Gateway.Tests.Operations.Telemetry;
using Gateway.Tests.Support;

namespace Gateway.Tests.Docs;

/// <summary>The dashboard and the alerts ask for nothing that the program does not have.</summary>
public sealed partial class MonitoringFilesTests : IAsyncLifetime, IDisposable
{
    private readonly OwnMeters _meters = new();
    private HashSet<string> _names = [];

    public async Task InitializeAsync() => _names = PrometheusPage.Names(await _meters.ScrapeAsync());

    public Task DisposeAsync() => _meters.DisposeAsync().AsTask();

    public void Dispose()
    {
        // All is the asynchronous way's.
    }

    [Fact]
    public void Dashboard_EveryExpression_AsksForMetricsThatThereAre()
    {
        var panels = MonitoringExpressions.Panels();

        panels.Should().HaveCountGreaterThan(10);
        panels.Select(static panel => panel.Id).Should().OnlyHaveUniqueItems();
        foreach (var panel in panels)
        {
            panel.Expressions.Should().NotBeEmpty();
            foreach (var expression in panel.Expressions)
            {
                CheckExpression(expression, panel.Title);
            }
        }
    }

    [Fact]
    public void Alerts_EveryExpression_AsksForMetricsThatThereAre()
    {
        var alerts = File.ReadAllText(Repository.PathOf("Gateway", "deploy", "prometheus-alerts.yml"));
        var rules = Rule().Matches(alerts);

        rules.Should().HaveCountGreaterThan(8);
        rules.Should().HaveCount(RuleStart().Count(alerts), "each rule has an expression, a time, a severity and words");
        rules.Select(static rule => rule.Groups["name"].Value).Should().OnlyHaveUniqueItems();
        foreach (Match rule in rules)
        {
            CheckExpression(rule.Groups["expr"].Value, rule.Groups["name"].Value);
        }
    }

    [Theory]
    [InlineData("sum by (reason) (rate(gateway_a_total{job=\"gateway_x\"}[5m])) > 0.5 * gateway_b", "gateway_a_total gateway_b")]
    [InlineData("histogram_quantile(0.99, sum by (le) (rate(gateway_c_seconds_bucket[5m])))", "gateway_c_seconds_bucket")]
    public void MetricsOf_AnExpression_AreItsMetricsAndNoLabels(string expression, string metrics) =>
        MonitoringExpressions.MetricsOf(expression).Should().Equal(metrics.Split(' '));

    private void CheckExpression(string expression, string where)
    {
        var used = MonitoringExpressions.MetricsOf(expression).ToList();
        used.Should().NotBeEmpty("{0} asks for something", where);
        used.Should().BeSubsetOf(_names, "{0} asks for what there is", where);
        expression.Count(static c => c == '(').Should().Be(expression.Count(static c => c == ')'), where);
    }

    [GeneratedRegex(@"^      - alert:", RegexOptions.Multiline)]
    private static partial Regex RuleStart();

    [GeneratedRegex(
        @"^      - alert: (?<name>\w+)\n        expr: (?<expr>[^\n]+)\n        for: \d+[smh]\n        labels:\n          severity: \w+\n"
            + @"        annotations:\n          summary: [^\n]+\n          description: [^\n]+$",
        RegexOptions.Multiline)]
    private static partial Regex Rule();
}
