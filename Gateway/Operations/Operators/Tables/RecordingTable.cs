using Gateway.Operations.Operators.Recordings;

namespace Gateway.Operations.Operators.Tables;

/// <summary>The table of recordings: those under way, and those that are kept. Any thread.</summary>
internal sealed class RecordingTable(ActiveRecordings active, RecordingFolder folder)
{
    public ITable Create() => new Table<Row>(
        "recordings",
        "Recordings",
        [
            OperatorTables.Text<Row>("name", "Name", static row => row.Name),
            OperatorTables.Text<Row>("state", "State", static row => row.State),
            OperatorTables.Number<Row>("connections", "Connections", static row => row.Connections),
            OperatorTables.Number<Row>("frames", "Frames", static row => row.Frames),
            OperatorTables.Number<Row>("bytes", "Bytes", static row => row.Bytes),
            OperatorTables.Time<Row>("at", "Began or ended", static row => row.At),
        ],
        "-at",
        _ => new(Read()));

    private IReadOnlyList<Row> Read()
    {
        var running = active.All.ToList();
        return
        [
            .. running.Select(static one => new Row(one.Name, "under way", one.Connections, one.Frames, one.Bytes, one.Started)),
            .. folder.List()
                .Where(stored => running.TrueForAll(one => one.Name != stored.Name))
                .Select(static stored => new Row(stored.Name, "ended", null, null, stored.Bytes, stored.Ended)),
        ];
    }

    private sealed record Row(string Name, string State, int? Connections, long? Frames, long Bytes, DateTimeOffset At);
}
