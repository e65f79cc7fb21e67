using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Postgres;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Conversations.Storage.Postgres;

public sealed class PostgresNodesTests : IAsyncLifetime
{
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

        (await a.AnnounceAsync("http://a", CancellationToken.None)).Should().BeEmpty();
        (await b.AnnounceAsync("http://b", CancellationToken.None)).Should().Equal(new StoredNode(a.Node, "http://a", IsFresh: true));
        (await a.AnnounceAsync("http://moved", CancellationToken.None)).Should().Equal(new StoredNode(b.Node, "http://b", IsFresh: true));
        (await b.ListAsync(CancellationToken.None)).Should().Equal(new StoredNode(a.Node, "http://moved", IsFresh: true));

        await a.ForgetAsync(CancellationToken.None);
        (await b.ListAsync(CancellationToken.None)).Should().BeEmpty();
    }

    [Fact]
    public async Task List_OneThatHasBeenSilentByTheDatabasesClock_SaysSoUntilItIsSweptAway()
    {
        var (a, b) = (Node(), Node());
        await a.AnnounceAsync("http://a", CancellationToken.None);
        await b.AnnounceAsync("http://b", CancellationToken.None);

        await _database.ExecuteAsync("UPDATE gateway.nodes SET seen_at = now() - interval '10 seconds' WHERE node_id = $1", a.Node);
        (await b.ListAsync(CancellationToken.None)).Should().Equal(new StoredNode(a.Node, "http://a", IsFresh: false));
        await b.SweepAsync(CancellationToken.None);
        (await b.ListAsync(CancellationToken.None)).Should().HaveCount(1);

        await _database.ExecuteAsync("UPDATE gateway.nodes SET seen_at = now() - interval '61 seconds' WHERE node_id = $1", a.Node);
        await b.SweepAsync(CancellationToken.None);
        (await b.ListAsync(CancellationToken.None)).Should().BeEmpty();

        await a.AnnounceAsync("http://a", CancellationToken.None);
        (await b.ListAsync(CancellationToken.None)).Should().Equal(new StoredNode(a.Node, "http://a", IsFresh: true));
    }

    private PostgresNodes Node() => new(_calls, new PostgresHeads(_calls, TimeProvider.System, NullLogger<PostgresHeads>.Instance));
}
