using System.Globalization;

using Gateway.Tools.Copy;

namespace Gateway.Cli;

/// <summary>
/// Shows how far a copy is: on a terminal one line that is written again and again, elsewhere a line now and then; problems a line each.
/// All of that goes to standard error, and what came of it to standard output. Any thread.
/// </summary>
internal sealed class CopyDisplay
{
    // A longer time is not said: it is only the beginning of a run.
    private const double MostSeconds = 1e7;

    private readonly bool _verifyOnly;
    private readonly TimeProvider _timeProvider;
    private readonly ProgressLine _line;
    private long _begin;

    public CopyDisplay(bool verifyOnly, TimeProvider timeProvider)
    {
        (_verifyOnly, _timeProvider) = (verifyOnly, timeProvider);
        _line = new ProgressLine(Line, timeProvider);
        Progress = new CopyProgress(problem => _line.Tell($"storage copy: {problem.Where}: {problem.Problem}"));
    }

    public CopyProgress Progress { get; }

    /// <summary>Shows it until the result is disposed.</summary>
    public IDisposable Begin()
    {
        _begin = _timeProvider.GetTimestamp();
        return _line.Begin();
    }

    /// <param name="failure">What ended the run before its end.</param>
    public void WriteSummary(string? failure)
    {
        var output = Console.Out;
        var written = _verifyOnly ? "" : $"{Count(Progress.Moved, "event")} written ({Progress.MovedBytes / 1e6:N1} MB), ";
        output.WriteLine(
            $"{Count(Progress.Conversations)} of {Count(Progress.Total, "conversation")}: {written}"
            + $"{Count(Progress.Compared, "event")} and {Count(Progress.Documents, "document")} (metadata, settings, secrets, journals) "
            + $"the same on both sides, in {Text(Elapsed)}.");
        if (Progress.Damaged > 0)
        {
            output.WriteLine($"{Count(Progress.Damaged, "event")} of them cannot be shown by either side, as they are damaged.");
        }

        if (Progress.Foreign.Count > 0)
        {
            var names = Progress.Foreign.Select(static one => one.Value == 1 ? one.Key : $"{one.Key} ({Count(one.Value)})");
            output.WriteLine($"Left where it is, as no gateway reads it: {string.Join(", ", names)}.");
        }

        if (Progress.TargetOnly > 0)
        {
            output.WriteLine($"The target has {Count(Progress.TargetOnly, "conversation")} that the source does not have.");
        }

        output.WriteLine(
            failure is not null ? $"Not finished: {failure}. What is there stays; run it again to go on."
            : Progress.Problems > 0 ? $"{Count(Progress.Problems, "thing")} not moved or not the same; each is told above."
            : _verifyOnly ? "Both are the same." : "All of it is in the target, and the same.");
    }

    private TimeSpan Elapsed => _timeProvider.GetElapsedTime(_begin);

    private static string Text(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Count(long count, string what) => $"{Count(count)} {what}{(count == 1 ? "" : "s")}";

    private string Line()
    {
        var (elapsed, share) = (Elapsed, Progress.DoneShare());
        var events = _verifyOnly ? Progress.Compared : Progress.Moved;
        var problems = Progress.Problems > 0 ? $", {Count(Progress.Problems, "problem")}" : "";
        var seconds = share > 0 ? elapsed.TotalSeconds * ((1 / share) - 1) : double.MaxValue;
        var left = seconds < MostSeconds ? $", about {Text(TimeSpan.FromSeconds(seconds))} left" : "";
        return $"{Count(Progress.Conversations)} of {Count(Progress.Total)} conversations, "
            + $"{Count(events, "event")} {(_verifyOnly ? "compared" : "written")} "
            + $"({Count((long)(events / Math.Max(elapsed.TotalSeconds, 0.001)))}/s){left}{problems}";
    }
}
