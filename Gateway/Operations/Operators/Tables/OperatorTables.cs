using Gateway.Conversations;
using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators.Clients;
using Gateway.Operations.Operators.Recordings;
using Gateway.Primitives;

namespace Gateway.Operations.Operators.Tables;

/// <summary>The tables of the operators' page by their names. Any thread.</summary>
internal sealed class OperatorTables
{
    private readonly Dictionary<string, ITable> _tables;

    public OperatorTables(
        Snapshots snapshots,
        ConversationTables conversations,
        ClientLedger ledger,
        RefusalLog refusals,
        CounterTotals totals,
        RecordingTable recordings,
        IEnumerable<IUntranslatedEvents> untranslated)
    {
        ITable[] tables =
        [
            conversations.Create(),
            Clients(ledger),
            Days(ledger),
            Refusals(refusals),
            RefusalReasons(refusals),
            Closes(totals),
            Connected(snapshots),
            SlowReaders(snapshots),
            Untranslated(untranslated),
            recordings.Create(),
        ];
        _tables = tables.ToDictionary(static table => table.Name);
    }

    public IEnumerable<string> Names => _tables.Keys;

    public ITable? Find(string name) => _tables.GetValueOrDefault(name);

    private static Table<SeenClients> Clients(ClientLedger ledger) => new(
        "clients",
        "Clients of V0 by kind",
        [
            Text<SeenClients>("library", "Library", static row => row.Kind.Library),
            Text<SeenClients>("version", "Version", static row => row.Kind.Version),
            Text<SeenClients>("protocol", "EIO", static row => row.Kind.Protocol),
            Text<SeenClients>("transport", "Transport", static row => row.Kind.Transport),
            Text<SeenClients>("dialect", "Asks as", static row => row.Kind.Dialect),
            Text<SeenClients>("query", "Query", static row => row.Kind.Query),
            Number<SeenClients>("connects", "Connects", static row => row.Connects),
            Time<SeenClients>("firstSeen", "First seen", static row => row.FirstSeen),
            Time<SeenClients>("lastSeen", "Last seen", static row => row.LastSeen),
        ],
        "-lastSeen",
        _ => new(ledger.Seen));

    private static Table<DayOfClients> Days(ClientLedger ledger) => new(
        "days",
        "V0's share by day",
        [
            Text<DayOfClients>("day", "Day", static row => row.Day.ToString("O", System.Globalization.CultureInfo.InvariantCulture)),
            Number<DayOfClients>("v0", "V0 clients", static row => row.V0),
            Number<DayOfClients>("v1", "V1 sockets", static row => row.V1),
            Number<DayOfClients>("share", "V0's share, %", static row => row.Share is { } share ? Math.Round(share * 100, 1) : null),
        ],
        "-day",
        _ => new(ledger.Days));

    private static Table<Refusal> Refusals(RefusalLog log) => new(
        "refusals",
        "Refused connects",
        [
            Time<Refusal>("at", "When", static row => row.At),
            Text<Refusal>("stage", "At", static row => row.Stage),
            Text<Refusal>("sentence", "What the client was told", static row => row.Sentence),
            Text<Refusal>("client", "Client", static row => row.Client),
            Text<Refusal>("address", "From", static row => row.Address),
        ],
        "-at",
        _ => new(log.Last));

    private static Table<RefusalReason> RefusalReasons(RefusalLog log) => new(
        "refusal-reasons",
        "Refused connects by reason",
        [
            Text<RefusalReason>("stage", "At", static row => row.Stage),
            Text<RefusalReason>("sentence", "What the client was told", static row => row.Sentence),
            Number<RefusalReason>("count", "Count", static row => row.Count),
            Time<RefusalReason>("last", "Last", static row => row.Last),
        ],
        "-count",
        _ => new(log.Reasons));

    private static Table<KeyValuePair<string, long>> Closes(CounterTotals totals) => new(
        "closes",
        "Closed connections by reason",
        [
            Text<KeyValuePair<string, long>>("reason", "Reason", static row => row.Key),
            Number<KeyValuePair<string, long>>("count", "Count", static row => row.Value),
        ],
        "-count",
        _ => new([.. totals.ByTag(CounterTotals.SessionsClosed)]));

    private static Table<ConnectedClient> Connected(Snapshots snapshots) => new(
        "connected", "Connected clients", AllClientColumns, "-sent", _ => new(snapshots.Take().Clients));

    private static Table<ConnectedClient> SlowReaders(Snapshots snapshots) => new(
        "slow",
        "Slow readers",
        AllClientColumns,
        "-lag",
        _ => new([.. snapshots.Take().Clients.Where(static client => client.IsSlow)]));

    private static Table<UntranslatedKind> Untranslated(IEnumerable<IUntranslatedEvents> sources) => new(
        "untranslated",
        "What V1 sent and V0 has nothing for",
        [
            Text<UntranslatedKind>("group", "Kind of", static row => row.Group),
            Text<UntranslatedKind>("name", "Name", static row => row.Name),
            Text<UntranslatedKind>("known", "Known", static row => row.IsKnown ? "left out on purpose" : "not known"),
            Number<UntranslatedKind>("count", "Count", static row => row.Count),
            Text<UntranslatedKind>("sample", "Sample id", static row => row.SampleId),
        ],
        "-count",
        _ => new([.. sources.SelectMany(static source => source.Snapshot())]));

    /// <summary>What is shown of a client wherever one is.</summary>
    public static IReadOnlyList<Column<ConnectedClient>> ClientColumns { get; } =
    [
        Text<ConnectedClient>("client", "Client", static row => row.View.Id.ToString()),
        Text<ConnectedClient>("library", "Library", static row => row.Kind.ToString()),
        Text<ConnectedClient>("transport", "Transport", static row => row.View.Usage.Transport),
        Text<ConnectedClient>("address", "From", static row => AddressText.Of(row.Session.Handshake.RemoteAddress)),
        Number<ConnectedClient>("position", "Has", static row => row.Position),
        Number<ConnectedClient>("lag", "Lag", static row => row.Lag),
        Number<ConnectedClient>("queued", "Queued", static row => row.View.Queued.Packets),
        Number<ConnectedClient>("queuedBytes", "Queued bytes", static row => row.View.Queued.Bytes),
        Number<ConnectedClient>("received", "Bytes in", static row => row.View.Usage.BytesReceived),
        Number<ConnectedClient>("sent", "Bytes out", static row => row.View.Usage.BytesSent),
        Number<ConnectedClient>("age", "Seconds", static row => Math.Floor(row.View.Usage.Duration.TotalSeconds)),
    ];

    /// <summary>Of clients of whatever conversation.</summary>
    private static IReadOnlyList<Column<ConnectedClient>> AllClientColumns { get; } =
    [
        .. ClientColumns,
        Text<ConnectedClient>("conversation", "Conversation", static row => row.Conversation?.Id.Value),
        Text<ConnectedClient>("user", "User", static row => row.Conversation?.UserId?.Value),
    ];

    public static Column<TRow> Text<TRow>(string name, string title, Func<TRow, string?> value) =>
        new(name, title, ColumnKind.Text, value);

    public static Column<TRow> Number<TRow>(string name, string title, Func<TRow, double?> value) =>
        new(name, title, ColumnKind.Number, row => value(row));

    public static Column<TRow> Time<TRow>(string name, string title, Func<TRow, DateTimeOffset?> value) =>
        new(name, title, ColumnKind.Time, row => value(row));
}
