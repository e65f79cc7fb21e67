using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using Gateway.Tests.Operations.Telemetry;
using Gateway.Tests.Support;

namespace Gateway.Tests.Docs;

/// <summary>The page of metrics has every instrument of the program, under OpenTelemetry's name and under Prometheus's.</summary>
public sealed partial class MetricsPageTests : IAsyncLifetime, IDisposable
{
    private static readonly Dictionary<string, string> s_titles = new()
    {
        ["Gateway.EngineIO"] = "Connections",
        ["Gateway.SocketIO"] = "Socket.IO",
        ["Gateway.Conversations"] = "Conversations",
        ["Gateway.Access"] = "Access, with `Access:Mode Forward` or `Jwt`",
        ["Gateway.HttpApi"] = "V0's REST",
        ["Gateway.Storage"] = "The store",
        ["Gateway.V1"] = "V1, with `--agent v1`",
        ["Gateway.Canary"] = "Canary, with `Migration:Route:Old`",
    };

    private readonly OwnMeters _meters = new();
    private string _page = "";

    public async Task InitializeAsync() => _page = await _meters.ScrapeAsync();

    public Task DisposeAsync() => _meters.DisposeAsync().AsTask();

    public void Dispose()
    {
        // All is the asynchronous way's.
    }

    [Fact]
    public async Task Page_OfMetrics_HasEveryInstrument()
    {
        var names = PrometheusPage.Names(_page);
        var page = new StringBuilder();
        foreach (var (meter, title) in s_titles)
        {
            page.Append(CultureInfo.InvariantCulture, $"{(page.Length > 0 ? "\n" : "")}## {title}\n\nMeter `{meter}`.\n\n");
            page.Append("| metric | for Prometheus | kind | unit | what it is |\n|---|---|---|---|---|\n");
            foreach (var instrument in _meters.Instruments.Where(instrument => instrument.Meter.Name == meter))
            {
                var scraped = PrometheusName(instrument);
                names.Should().Contain(name => name == scraped || name == $"{scraped}_count", "the page has {0}", instrument.Name);
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{instrument.Name}` | `{scraped}` | {KindOf(instrument)} | `{instrument.Unit}` | {instrument.Description} |\n");
            }
        }

        await MadePage.ShouldEndWithAsync("metrics.md", "MetricsPage", page.ToString());
    }

    [Fact]
    public void Instruments_FollowTheConventions()
    {
        _meters.Instruments.Select(static instrument => instrument.Meter.Name).Should().BeSubsetOf(s_titles.Keys);
        _meters.Instruments.Select(static instrument => instrument.Name).Should().OnlyHaveUniqueItems().And
            .OnlyContain(static name => Name().IsMatch(name));
        _meters.Instruments.Should().OnlyContain(static instrument => Unit().IsMatch(instrument.Unit ?? ""))
            .And.OnlyContain(static instrument => instrument.Description != null && instrument.Description.EndsWith('.'));
        _meters.Instruments.Where(static instrument => instrument.Name.EndsWith("duration", StringComparison.Ordinal))
            .Should().OnlyContain(static instrument => instrument.Unit == "s");
        _meters.Instruments.Should().NotContain(
            instrument => _meters.Instruments.Any(other => other.Name.StartsWith(instrument.Name + ".", StringComparison.Ordinal)),
            "a name is a metric or a group of them");
    }

    /// <summary>As the exporter makes it of the name, the unit and the kind; the test holds that it is on the page.</summary>
    private static string PrometheusName(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var total = instrument is Counter<long> ? "_total" : "";
        return instrument.Name.Replace('.', '_') + unit + total;
    }

    private static string KindOf(Instrument instrument) => instrument switch
    {
        Counter<long> => "counter",
        Histogram<double> => "histogram",
        _ => "now",
    };

    [GeneratedRegex(@"^gateway(\.[a-z][a-z0-9_]*){2,3}$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(s|By|1|\{[a-z_]+\})$")]
    private static partial Regex Unit();
}
