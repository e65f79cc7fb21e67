using System.Globalization;

using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Compare;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using Spectre.Console;
using Spectre.Console.Rendering;

namespace Gateway.Cli;

/// <summary>
/// What <c>gateway shadow</c> shows: a live table, or JSON lines. One caller; <see cref="Show"/> may be called from any thread.
/// </summary>
internal sealed class ShadowDisplay(bool isJson)
{
    private const int Rows = 20;

    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_summary = TimeSpan.FromSeconds(10);

    private readonly IAnsiConsole _console = Terminal.Open();
    private readonly Lock _lock = new();

    /// <summary>A new group, as a JSON line.</summary>
    public void Show(DifferenceGroup group) => Write("group", ShadowReport.Of(group));

    /// <summary>Shows how it goes until the token says that it is over.</summary>
    public async Task RunAsync(ShadowHost shadow, string title, CancellationToken cancellationToken)
    {
        if (!isJson)
        {
            _console.MarkupLineInterpolated($"{title}; Ctrl+C ends it.");
        }

        try
        {
            if (isJson || !_console.Profile.Capabilities.Interactive)
            {
                while (true)
                {
                    Write("summary", ShadowReport.Summary(shadow));
                    await Task.Delay(s_summary, cancellationToken);
                }
            }

            await _console.Live(Render(shadow)).StartAsync(async live =>
            {
                while (true)
                {
                    await Task.Delay(s_refresh, cancellationToken);
                    live.UpdateTarget(Render(shadow));
                }
            });
        }
        catch (OperationCanceledException)
        {
            // The end is shown when what waited is done.
        }
    }

    public void ShowEnd(ShadowHost shadow)
    {
        if (isJson)
        {
            Write("end", ShadowReport.Of(shadow));
        }
        else
        {
            _console.Write(Render(shadow));
        }
    }

    private void Write(string name, JObject json)
    {
        if (!isJson)
        {
            return;
        }

        var line = new JObject { [name] = json }.ToString(Formatting.None);
        lock (_lock)
        {
            Console.Out.WriteLine(line);
        }
    }

    private static Rows Render(ShadowHost shadow)
    {
        var counters = shadow.Counters;
        var state = shadow.Switch.IsOn ? "comparing" : $"NOT comparing ({shadow.Switch.Reason})";
        var partial = shadow.Notes.Partial.Count == 0 ? "" : $"; partial: {string.Join("; ", shadow.Notes.Partial)}";
        var dropped = string.Join(", ", Enum.GetValues<DropReason>()
            .Where(reason => counters.DroppedFor(reason) > 0)
            .Select(reason => string.Create(
                CultureInfo.InvariantCulture, $"{ShadowReport.NameOf(reason)} {counters.DroppedFor(reason):N0}")));
        return new Rows(
            new Text(string.Create(
                CultureInfo.InvariantCulture,
                $"{state}, mode {shadow.Mode}: {counters.Open:N0} connections open of {counters.Connections:N0}, "
                + $"{counters.Bytes:N0} bytes")),
            new Text(string.Create(
                CultureInfo.InvariantCulture,
                $"compared {counters.Compared:N0}: equal {counters.Compared - counters.Different:N0}, different {counters.Different:N0}, "
                + $"of these candidate errors {counters.Failed:N0}; waiting {shadow.Pending:N0}, not sampled {counters.NotSampled:N0}")),
            new Text($"not compared: {(dropped.Length == 0 ? "none" : dropped)}{partial}"),
            Table(shadow.Groups.All));
    }

    private static Table Table(IReadOnlyList<DifferenceGroup> groups)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumns("", "rule", "route", "client", "first", "fixture")
            .AddColumn(new TableColumn("count") { Alignment = Justify.Right });
        foreach (var group in groups.Take(Rows))
        {
            var key = group.Key;
            string[] cells =
            [
                key.IsIntended ? "intended" : "different", key.Rule, key.Route, key.Client, key.First,
                Path.GetFileName(group.Fixture) ?? "", group.Count.ToString("N0", CultureInfo.InvariantCulture),
            ];
            table.AddRow(cells.Select(static cell => (IRenderable)new Text(cell)));
        }

        return groups.Count > Rows
            ? table.Caption(string.Create(CultureInfo.InvariantCulture, $"{Rows} of {groups.Count} groups"))
            : table;
    }
}
