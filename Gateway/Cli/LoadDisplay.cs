using System.Globalization;

using Gateway.Primitives;
using Gateway.Tools.Load;

using Spectre.Console;
using Spectre.Console.Rendering;

namespace Gateway.Cli;

/// <summary>
/// What <c>gateway load</c> shows: a live table on a terminal, a line now and then elsewhere, a summary at the end. One caller.
/// </summary>
internal sealed class LoadDisplay(LoadRun run, bool isQuiet)
{
    /// <summary>As a file's name: the result goes to standard output, and nothing else does.</summary>
    public const string StandardOutput = "-";

    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(500);

    private readonly IAnsiConsole _console = Terminal.Open();

    /// <summary>Shows how it goes until the token says that it is over.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (isQuiet || !_console.Profile.Capabilities.Interactive)
        {
            using (new ProgressLine(Line, TimeProvider.System).Begin())
            {
                await WaitAsync(cancellationToken);
            }

            return;
        }

        _console.MarkupLineInterpolated($"{Title()}; Ctrl+C ends it.");
        try
        {
            await _console.Live(Render()).StartAsync(async live =>
            {
                while (true)
                {
                    await Task.Delay(s_refresh, cancellationToken);
                    live.UpdateTarget(Render());
                }
            });
        }
        catch (OperationCanceledException)
        {
            // The end is shown by the next call.
        }
    }

    public void ShowEnd()
    {
        if (isQuiet)
        {
            return;
        }

        _console.WriteLine(Title() + (run.IsStopped ? ", stopped before its end" : ""));
        _console.Write(Render());
        foreach (var phase in run.Measures.Phases)
        {
            _console.WriteLine(CostOf(phase));
        }

        if (run.Memory is { } memory)
        {
            _console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"server: {memory.Before:N0} KiB before, {memory.After:N0} at the end, {memory.Peak:N0} at most; {memory.Threads} threads, "
                + $"{memory.Handles:N0} open files; the kernel holds {memory.Kernel:N0} KiB more, for both ends"));
        }

        foreach (var (fault, count) in run.Measures.Faults)
        {
            _console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count:N0} × {fault}"));
        }
    }

    private static async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private string Title() => string.Create(
        CultureInfo.InvariantCulture,
        $"{SmallWords.Of(run.Plan.Scenario)}: {run.Plan.Clients:N0} clients in {run.Plan.Rooms:N0} rooms "
        + $"at {run.Plan.Address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}");

    private string Line()
    {
        var counters = run.Counters;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"load: {counters.Live:N0} of {run.Plan.Clients:N0} clients live, {counters.Failed:N0} connects failed, {counters.Lost:N0} lost; "
            + $"{counters.Sent:N0} actions, {counters.Events:N0} events, {counters.Bytes:N0} bytes");
    }

    private Rows Render()
    {
        var counters = run.Counters;
        var events = counters.Expected > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{counters.Received:N0} of {counters.Expected:N0} events shown, {counters.Missing:N0} missing, {counters.Twice:N0} twice; ")
            : "";
        var compressed = run.Plan.IsCompressing
            ? string.Create(CultureInfo.InvariantCulture, $"; {counters.Compressed:N0} messages came compressed")
            : "";
        IRenderable[] lines =
        [
            new Text(Line()["load: ".Length..]),
            new Text(string.Create(CultureInfo.InvariantCulture, $"{events}{counters.Pings:N0} pings answered{compressed}")),
        ];
        return new Rows(run.Measures.Shown is { Count: > 0 } shown ? [.. lines, TimesTable(shown)] : lines);
    }

    private static Table TimesTable(IReadOnlyList<LoadTimes> shown)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("milliseconds");
        foreach (var title in (string[])["count", "p50", "p90", "p99", "p99.9", "longest"])
        {
            table.AddColumn(title, static column => column.RightAligned());
        }

        foreach (var times in shown)
        {
            table.AddRow(
            [
                times.Name,
                times.Count.ToString("N0", CultureInfo.InvariantCulture),
                .. new[] { times.P50, times.P90, times.P99, times.P999, times.Longest }
                    .Select(static time => time.ToString("N2", CultureInfo.InvariantCulture)),
            ]);
        }

        return table;
    }

    private static string CostOf(LoadPhase phase)
    {
        var each = phase.Server is { } cpu && phase.Count > 0
            ? string.Create(CultureInfo.InvariantCulture, $" ({cpu.TotalMicroseconds / phase.Count:N2} µs for each of {phase.Count:N0})")
            : "";
        var server = phase.Server is { } known
            ? string.Create(CultureInfo.InvariantCulture, $"server {known.TotalMilliseconds:N0} ms{each}, ")
            : "";
        var mark = phase.IsGeneratorBusier ? " (!) busier than the server" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{phase.Name}: {phase.Duration.TotalSeconds:N2} s; CPU: {server}generator {phase.Generator.TotalMilliseconds:N0} ms{mark}");
    }
}
