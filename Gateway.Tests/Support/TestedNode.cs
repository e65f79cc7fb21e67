using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Postgres;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Support;

/// <summary>
/// The store of one gateway among several on a tested database. Its own looks go by a clock that only the test moves: what it sees without,
/// it was told. One test owns it.
/// </summary>
internal sealed class TestedNode : IAsyncDisposable
{
    private readonly PostgresCalls _calls;
    private readonly PostgresListener? _listener;

    private TestedNode(PostgresCalls calls, PostgresHeads heads, PostgresListener? listener, FakeTimeProvider clock, TimeSpan leaseTime)
    {
        (_calls, Heads, _listener, Clock) = (calls, heads, listener, clock);
        Logs = new PostgresEventLogStore(calls, heads);
        Rooms = new PostgresRoomMessages(calls, heads, NullLogger<PostgresRoomMessages>.Instance);
        Leases = new PostgresAgentLeases(
            Options.Create(new PostgresStorageOptions { LeaseTime = leaseTime }), calls, heads, Rooms,
            NullLogger<PostgresAgentLeases>.Instance);
        Clients = new PostgresClientCounts(calls, heads, clock, NullLogger<PostgresClientCounts>.Instance);
    }

    public PostgresClientCounts Clients { get; }

    public FakeTimeProvider Clock { get; }

    public PostgresHeads Heads { get; }

    public IEventLogStore Logs { get; }

    public PostgresRoomMessages Rooms { get; }

    public PostgresAgentLeases Leases { get; }

    /// <param name="database">Whose tables it uses.</param>
    /// <param name="name">What the database knows its listening connection by; null: it does not listen.</param>
    /// <param name="leaseTime">As the setting; a minute, unless it is given.</param>
    /// <param name="over">Another way to the database, for all but the listening connection.</param>
    public static async Task<TestedNode> StartAsync(
        TestedDatabase database, string? name = null, TimeSpan? leaseTime = null, string? over = null)
    {
        var clock = new FakeTimeProvider();
        var calls = TestedDatabase.Calls(over ?? database.ConnectionString);
        var heads = new PostgresHeads(calls, clock, NullLogger<PostgresHeads>.Instance);
        var options = Options.Create(new PostgresStorageOptions
        {
            ConnectionString = database.ConnectionString,
            ListenConnectionString = $"{database.ConnectionString};Application Name={name}",
        });
        var listener = name is null ? null : new PostgresListener(options, heads, NullLogger<PostgresListener>.Instance);
        await (listener?.StartAsync(CancellationToken.None) ?? Task.CompletedTask);
        if (name is not null)
        {
            await ListeningAsync(database, name);
        }

        var node = new TestedNode(calls, heads, listener, clock, leaseTime ?? TimeSpan.FromMinutes(1));
        await node.Rooms.StartAsync(CancellationToken.None);
        return node;
    }

    /// <summary>Complete when the node's connection of this name listens.</summary>
    public static Task ListeningAsync(TestedDatabase database, string name) => Eventually.GetAsync(
        () => database.ExecuteAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND query = 'LISTEN gateway' AND state = 'idle'", name),
        static listening => listening is 1L,
        $"{name} listens");

    public async Task<IEventLog> OpenAsync(string id, string? user = null) =>
        await Logs.OpenAsync(TestStore.Key(id, user), CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.StopAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
            _listener.Dispose();
        }

        await Rooms.StopAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
        Rooms.Dispose();
        Leases.Dispose();
        Clients.Dispose();
        Heads.Dispose();
        await _calls.DisposeAsync();
    }
}
