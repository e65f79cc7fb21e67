using Gateway.Tools.History;

namespace Gateway.Cli;

/// <summary>
/// Shows how far conversations are carried over, and problems a line each, on standard error; and what came of it on standard output. Any
/// thread.
/// </summary>
internal sealed class HistoryDisplay
{
    private const int LostContent = 1;

    private readonly ProgressLine _line;
    private readonly string _command;

    /// <param name="command">The command's name, before its problems.</param>
    /// <param name="timeProvider">For the line that goes on.</param>
    public HistoryDisplay(string command, TimeProvider timeProvider)
    {
        _command = command;
        _line = new ProgressLine(Line, timeProvider);
        Report = new HistoryReport((where, problem) => _line.Tell($"{command}: {where}: {problem}"));
    }

    public HistoryReport Report { get; }

    /// <summary>Shows how far a run is, then what came of it, also of one that a store or a disk has ended. Gives the exit code.</summary>
    /// <param name="run">Fills the report.</param>
    /// <param name="source">The world that the events come from.</param>
    /// <param name="target">The one that they go to.</param>
    public async Task<int> RunAsync(Func<Task> run, string source, string target)
    {
        using (_line.Begin())
        {
            try
            {
                await run();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Report.Failure = exception.Message.ReplaceLineEndings(" ");
                _line.Tell($"{_command}: {Report.Failure}");
            }
        }

        return WriteSummary(source, target);
    }

    /// <summary>Writes the report, which says of itself when it is not whole.</summary>
    private int WriteSummary(string source, string target)
    {
        var output = Console.Out;
        if (Report.IsPartial)
        {
            output.WriteLine(Report.Failure is { } failure
                ? $"PARTIAL REPORT: the run ended before its end ({failure})."
                : $"PARTIAL REPORT: {HistoryReport.Count(Report.Problems, "conversation")} could not be carried over; each is told above.");
        }

        var empty = Report.Empty > 0 ? $", {Report.Empty} without events" : "";
        output.WriteLine(
            $"{Report.Done} of {HistoryReport.Count(Report.Total, "conversation")}{empty}: "
            + $"{HistoryReport.Count(Report.SourceEvents, "event")} of {source} are {HistoryReport.Count(Report.TargetEvents, "event")} "
            + $"of {target}.");
        foreach (var (what, count, isContent) in Report.Losses)
        {
            output.WriteLine($"{(isContent ? "Not kept" : "Not as it was")} ({count}): {what}");
        }

        foreach (var name in Report.Named)
        {
            output.WriteLine($"  {name}");
        }

        if (!Report.IsPartial)
        {
            output.WriteLine(Report.HasLostContent
                ? "All else is kept: every other message, call and result, by content."
                : "Every message, call and result is kept, by content.");
        }

        return Report.IsPartial ? Terminal.CouldNotRun : Report.HasLostContent ? LostContent : 0;
    }

    private string Line() =>
        $"{Report.Done + Report.Empty + Report.Problems} of {HistoryReport.Count(Report.Total, "conversation")}, "
        + $"{HistoryReport.Count(Report.SourceEvents, "event")}";
}
