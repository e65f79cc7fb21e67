using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>Each gateway knows how many clients a conversation has at the others, and forgets those of one that has died.</summary>
public sealed class PostgresClientCountsTests : IAsyncLifetime
{
    private static readonly ConversationKey s_key = TestStore.Key("c");

    private TestedDatabase _database = null!; // Set before each test.
    private TestedNode _a = null!; // Set before each test.
    private TestedNode _b = null!; // Set before each test.
    private TestedNode _c = null!; // Set before each test.

    public async Task InitializeAsync()
    {
        _database = await TestedDatabase.CreateAsync();
        _a = await TestedNode.StartAsync(_database);
        _b = await TestedNode.StartAsync(_database);
        _c = await TestedNode.StartAsync(_database);
        await TestStore.AppendAsync(await _a.OpenAsync("c"), 0, 0);
    }

    public async Task DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        await _c.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Set_AtSeveralGateways_IsTheSumOfTheOthers()
    {
        _a.Clients.Set(s_key, 2);
        _b.Clients.Set(s_key, 3);
        _b.Clients.Set(TestStore.Key("other"), 7);

        await UntilAsync(_a, 3);
        await UntilAsync(_b, 2);
        await UntilAsync(_c, 5);

        _b.Clients.Set(s_key, 4);
        _a.Clients.Set(s_key, 0);
        await UntilAsync(_c, 4);
        _b.Clients.Set(s_key, 0);
        await UntilAsync(_c, 0);
        (await _database.ExecuteAsync("SELECT count(*) FROM gateway.clients WHERE conversation_id = 'c'")).Should().Be(0L);
    }

    [Fact]
    public async Task Refresh_OfOneThatLives_KeepsItsCountAndBringsBackWhatWasTakenAway()
    {
        _a.Clients.Set(s_key, 2);
        await UntilAsync(_c, 2);
        await _database.ExecuteAsync("UPDATE gateway.clients SET seen_at = now() - interval '76 seconds'");
        await UntilAsync(_c, 0);

        _a.Clock.Advance(TimeSpan.FromSeconds(40));
        await UntilAsync(_c, 2);

        await _database.ExecuteAsync("DELETE FROM gateway.clients");
        _a.Clock.Advance(TimeSpan.FromSeconds(30));
        await UntilAsync(_c, 2);
    }

    private static Task<int> UntilAsync(TestedNode node, int clients) => Eventually.GetAsync(
        async () => (await node.Clients.FindOpenAsync(null, [s_key.Id], CancellationToken.None))
            .GetValueOrDefault(s_key.Id).ClientsElsewhere,
        found => found == clients,
        $"{clients} clients are elsewhere");
}
