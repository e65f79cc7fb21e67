namespace Gateway.Cli;

/// <summary>How <c>import v0</c> and <c>export v1</c> name files, beside the stores of <c>storage copy</c>. Pure.</summary>
internal static class HistoryPlaces
{
    private const string Files = "files:";
    private const string Trajectory = "trajectory:";

    /// <summary>A folder may be named as a store is.</summary>
    public static string FolderOf(string text) => text.StartsWith(Files, StringComparison.OrdinalIgnoreCase) ? text[Files.Length..] : text;

    /// <summary>The file of <c>trajectory:FILE</c>; null for anything else.</summary>
    public static string? TrajectoryOf(string text) =>
        text.StartsWith(Trajectory, StringComparison.OrdinalIgnoreCase) ? text[Trajectory.Length..] : null;
}
