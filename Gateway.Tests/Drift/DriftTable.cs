using System.Text;

namespace Gateway.Tests.Drift;

/// <summary>Rows by versions, and below it what the cells have no room for. Owned by one run.</summary>
internal sealed class DriftTable(IReadOnlyList<DriftRow> rows)
{
    private readonly List<(string Version, Dictionary<string, DriftResult> Cells)> _columns = [];

    /// <summary>Nothing differed or failed; what was skipped says nothing.</summary>
    public bool IsAllSame => _columns.SelectMany(static column => column.Cells.Values)
        .All(static result => result.Outcome is DriftOutcome.Same or DriftOutcome.Skipped);

    public Dictionary<string, DriftResult> AddColumn(string version)
    {
        var cells = new Dictionary<string, DriftResult>(StringComparer.Ordinal);
        _columns.Add((version, cells));
        return cells;
    }

    public static string Line(DriftRow row, string version, DriftResult result) => $"{version} {row.Name}: {Long(result)}";

    public override string ToString()
    {
        string[][] lines =
        [
            ["row", .. _columns.Select(static column => column.Version)],
            .. rows.Select(row => (string[])
            [
                row.Name,
                .. _columns.Select(column => column.Cells.TryGetValue(row.Name, out var result) ? Short(result) : ""),
            ]),
        ];
        var widths = Enumerable.Range(0, lines[0].Length).Select(i => lines.Max(line => line[i].Length)).ToList();
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.AppendLine(string.Join("  ", line.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }

        foreach (var (version, cells) in _columns)
        {
            foreach (var row in rows.Where(
                row => cells.GetValueOrDefault(row.Name)?.Outcome is DriftOutcome.Different or DriftOutcome.Failed))
            {
                text.AppendLine().Append(Line(row, version, cells[row.Name]));
            }
        }

        return text.AppendLine().ToString();
    }

    private static string Short(DriftResult result) => result.Outcome is DriftOutcome.Skipped ? Long(result) : Word(result.Outcome);

    private static string Long(DriftResult result) =>
        result.Detail.Length == 0 ? Word(result.Outcome) : $"{Word(result.Outcome)}: {result.Detail}";

    private static string Word(DriftOutcome outcome) => outcome.ToString().ToLowerInvariant();
}
