using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Postgres;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Conversations.Storage.Postgres;

public sealed class PostgresNodesTests : IAsyncLifetime
{
    private const string Mark = "mark";

    private TestedDatabase _database = null!; // Set before each test.
    private PostgresCalls _calls = null!;

    public async Task InitializeAsync()
    {
        _database = await TestedDatabase.CreateAsync();
        _calls = TestedDatabase.Calls(_database.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await _calls.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Announce_OfSeveral_GivesEachTheOthers()
    {
        var (a, b) = (Node(), Node());

        (await a.AnnounceAsync("http://a", Mark, CancellationToken.None)).Should().BeEmpty();
        (await b.AnnounceAsync("http://b", Mark, CancellationToken.None)).Should().Equal(Stored(a, "http://a", isFresh: true));
        (await a.AnnounceAsync("http://moved", Mark, CancellationToken.None)).Should().Equal(Stored(b, "http://b", isFresh: true));
        (await b.ListAsync(CancellationToken.None)).Should().Equal(Stored(a, "http://moved", isFresh: true));

        await a.ForgetAsync(CancellationToken.None);
        (await b.ListAsync(CancellationToken.None)).Should().BeEmpty();
    }

    [Fact]
    public async Task List_OneThatHasBeenSilentByTheDatabasesClock_SaysSoUntilItIsSweptAway()
    {
        var (a, b) = (Node(), Node());
        await a.AnnounceAsync("http://a", Mark, CancellationToken.None);
        await b.AnnounceAsync("http://b", Mark, CancellationToken.None);

        await _database.ExecuteAsync("UPDATE gateway.nodes SET seen_at = now() - interval '10 seconds' WHERE node_id = $1", a.Node);
        (await b.ListAsync(CancellationToken.None)).Should().Equal(Stored(a, "http://a", isFresh: false));
        await b.SweepAsync(CancellationToken.None);
        (await b.ListAsync(CancellationToken.None)).Should().HaveCount(1);

        await _database.ExecuteAsync("UPDATE gateway.nodes SET seen_at = now() - interval '61 seconds' WHERE node_id = $1", a.Node);
        await b.SweepAsync(CancellationToken.None);
        (await b.ListAsync(CancellationToken.None)).Should().BeEmpty();

        await a.AnnounceAsync("http://a", Mark, CancellationToken.None);
        (await b.ListAsync(CancellationToken.None)).Should().Equal(Stored(a, "http://a", isFresh: true));
    }

    private static StoredNode Stored(PostgresNodes node, string address, bool isFresh) => new(node.Node, address, Mark, isFresh);

    private PostgresNodes Node() => new(_calls, new PostgresHeads(_calls, TimeProvider.System, NullLogger<PostgresHeads>.Instance));
}
