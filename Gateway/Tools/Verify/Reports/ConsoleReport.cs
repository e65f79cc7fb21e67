using System.Globalization;

using Gateway.Tools.Verify.Rules;

using Spectre.Console;

namespace Gateway.Tools.Verify.Reports;

/// <summary>
/// The report on the terminal: progress while it runs, then a table and the first differences. Progress may be told from any thread.
/// </summary>
internal sealed class ConsoleReport(IAnsiConsole console)
{
    private const int ShownDifferences = 3;

    public static void WriteRules(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("rule").AddColumn("why the difference is intended");
        foreach (var rule in IntendedDifferences.For(FixtureInfo.None))
        {
            table.AddRow(Markup.Escape(rule.Name), Markup.Escape(rule.Reason));
        }

        console.Write(table);
    }

    /// <summary>Runs the work under a progress bar; the work is given what tells of a result.</summary>
    public async Task<IReadOnlyList<FixtureResult>> RunAsync(int count, Func<Action<FixtureResult>,
        Task<IReadOnlyList<FixtureResult>>> work)
    {
        if (!console.Profile.Capabilities.Interactive)
        {
            return await work(static _ => { });
        }

        IReadOnlyList<FixtureResult> results = [];
        await console.Progress().AutoClear(true).StartAsync(async progress =>
        {
            var task = progress.AddTask("verify", maxValue: Math.Max(1, count));
            results = await work(result =>
            {
                task.Description = Markup.Escape(result.Name);
                task.Increment(1);
            });
        });
        return results;
    }

    public void Write(IReadOnlyList<FixtureResult> results)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn("fixture")
                .AddColumn("result")
                .AddColumn("frames", static column => column.RightAligned())
                .AddColumn("intended", static column => column.RightAligned())
                .AddColumn("REST", static column => column.RightAligned())
                .AddColumn("skipped", static column => column.RightAligned())
            .AddColumn("time", static column => column.RightAligned());
        foreach (var result in results)
        {
            var outcome = result.Problem is not null
                ? "[red]could not run[/]"
                : result.IsEqual
                ? "[green]equal[/]"
                : $"[red]{DifferenceText.Count(result.Differences.Count)}[/]";
            table.AddRow(
                Markup.Escape(result.Name),
                outcome,
                result.Frames.ToString(CultureInfo.InvariantCulture),
                result.Intended.Values.Sum().ToString(CultureInfo.InvariantCulture),
                result.RestCalls.ToString(CultureInfo.InvariantCulture),
                result.Skipped.Count.ToString(CultureInfo.InvariantCulture),
                $"{result.Duration.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        }

        console.Write(table);
        foreach (var result in results)
        {
            WriteDetails(result);
        }

        foreach (var note in results.SelectMany(static result => result.Notes).Distinct())
        {
            console.WriteLine($"Note: {note}");
        }

        WriteIntended(results);
        WriteSkipped(results);
        console.WriteLine(string
            .Create(CultureInfo.InvariantCulture, $"{results.Count(static result => result.IsEqual)} of {results.Count} equal."));
    }

    private void WriteDetails(FixtureResult result)
    {
        foreach (var difference in result.Differences.Take(ShownDifferences))
        {
            console.MarkupLine($"[bold]{Markup.Escape(result.Name)}[/] {Markup.Escape(DifferenceText.Line(difference))}");
            foreach (var line in DifferenceText.Diff(difference))
            {
                var colour = line[0] switch { '+' => "green", '-' => "red", _ => "grey" };
                console.MarkupLine($"    [{colour}]{Markup.Escape(line)}[/]");
            }
        }

        if (result.Differences.Count > ShownDifferences)
        {
            console.WriteLine(string
                .Create(CultureInfo.InvariantCulture,
                    $"{result.Name}: {DifferenceText.Count(result.Differences.Count - ShownDifferences)} more (--json has them all)"));
        }
    }

    private void WriteIntended(IReadOnlyList<FixtureResult> results)
    {
        var uses = results.SelectMany(static result => result.Intended).GroupBy(static use => use.Key, static use => use.Value)
            .OrderBy(static group => group.Key, StringComparer.Ordinal)
            .Select(static group => string.Create(CultureInfo.InvariantCulture, $"{group.Key} {group.Sum()}"))
            .ToList();
        if (uses.Count > 0)
        {
            console.WriteLine($"Intended differences (verify --rules says why): {string.Join(", ", uses)}.");
        }
    }

    private void WriteSkipped(IReadOnlyList<FixtureResult> results)
    {
        var skipped = results
            .SelectMany(static result => result.Skipped)
            .GroupBy(static call => call.Reason, static call => call.Call.Name)
            .OrderBy(static group => group.Key, StringComparer.Ordinal);
        foreach (var group in skipped)
        {
            var names = group.CountBy(static name => name)
                .OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                .Select(static pair =>
                    pair.Value == 1 ? pair.Key : string.Create(CultureInfo.InvariantCulture, $"{pair.Key} ({pair.Value})"));
            console.WriteLine($"REST calls skipped, because {group.Key}: {string.Join(", ", names)}.");
        }
    }
}
