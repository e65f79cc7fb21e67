using System.Net;

using Gateway.Conversations.Storage;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

using Npgsql;

namespace Gateway.Tests.Wire;

/// <summary>Gateways over one database: what one stores the other's clients see, once and in order, and an outage is told.</summary>
public sealed class SharedDatabaseTests : IAsyncLifetime
{
    private const string Conversation = "shared";

    private readonly TempStore _nothing = TempStore.Empty();
    private TestedDatabase? _database;

    private TestedDatabase Database => _database ?? throw new InvalidOperationException("The test has not begun.");

    public async Task InitializeAsync() => _database = await TestedDatabase.CreateAsync();

    public async Task DisposeAsync()
    {
        await Database.DisposeAsync();
        _nothing.Dispose();
    }

    [Fact]
    public async Task Append_ByTwoGatewaysAtOnce_LosesNothingAndAllSeeTheSame()
    {
        const int each = 40;
        await using var a = await StartAsync(Database.ConnectionString);
        await using var b = await StartAsync(Database.ConnectionString);
        await using var left = await ConnectAsync(a.Address);
        await using var right = await ConnectAsync(b.Address);

        await Task.WhenAll(new[] { (left, "a"), (right, "b") }.Select(static async writer =>
        {
            for (var n = 0; n < each; n++)
            {
                await writer.Item1.EmitAsync(Actions.Message($"{writer.Item2}{n}"));
            }
        })).WaitAsync(TestLimits.Step);
        var seen = await Task.WhenAll(left.ReadNumberedAsync(2 * each), right.ReadNumberedAsync(2 * each));

        seen.Should().AllSatisfy(static events => events.Select(IdOf).Should().Equal(Enumerable.Range(0, 2 * each)));
        seen[0].Select(ContentOf).Should().Equal(seen[1].Select(ContentOf)).And
            .BeEquivalentTo(new[] { "a", "b" }.SelectMany(static name => Enumerable.Range(0, each).Select(n => $"{name}{n}")));
        (await TestStore.ReadAllAsync(await Database.OpenAsync(Conversation))).Events.Should().HaveCount(2 * each);
        Directory.EnumerateFileSystemEntries(_nothing.Root).Should().BeEmpty("nothing is kept in files");
    }

    [Fact]
    public async Task Rest_OfAnotherGateway_HasWhatTheFirstWrote()
    {
        await using var a = await StartAsync(Database.ConnectionString, "HttpApi:RateLimit=false");
        await using var b = await StartAsync(Database.ConnectionString, "HttpApi:RateLimit=false");
        using var left = new RestClient(a.Address);
        using var right = new RestClient(b.Address);

        var saved = await left.PostAsync("/api/settings", """{"language":"de","llm_model":"m","llm_api_key":"k"}""");
        saved.Status.Should().Be(HttpStatusCode.OK);
        var created = await right.PostAsync("/api/conversations", "{}");

        var id = (string?)JObject.Parse(created.Body)["conversation_id"];
        id.Should().NotBeNull(created.Body);
        (await left.GetAsync("/api/conversations?limit=5")).Body.Should().Contain(id);
        (await right.GetAsync("/api/settings")).Body.Should().Contain("\"de\"");
        (await left.SendAsync("DELETE", $"/api/conversations/{id}", null)).Status.Should().Be(HttpStatusCode.OK);
        (await right.GetAsync("/api/conversations?limit=5")).Body.Should().NotContain(id);
    }

    [Fact]
    public async Task Action_WhileTheDatabaseIsAway_IsAnsweredByAnErrorAndGoesOnAfterwards()
    {
        await using var proxy = BreakingLink.Start((await PostgresServer.SharedAsync()).Port);
        var overProxy = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Port = proxy.Port }.ConnectionString;
        await using var gateway = await StartAsync(overProxy);
        gateway.Expect("The database did not do");
        gateway.Expect("could not be stored");
        gateway.Expect("metadata could not be brought up to date");
        gateway.Expect("Append failed");
        gateway.Expect("hears of other gateways' events is lost");
        await using var client = await ConnectAsync(gateway.Address);
        await client.EmitAsync(Actions.Message("before"), wantsAck: true);
        await client.ReadOneAsync("ack");

        proxy.IsClosed = true;
        proxy.CutAll();
        await client.EmitAsync(Actions.Message("lost"), wantsAck: true);
        var refused = await client.ReadOneAsync("ack");
        proxy.IsClosed = false;
        await client.EmitAsync(Actions.Message("after"), wantsAck: true);
        await client.ReadOneAsync("ack");

        // Whether it went into a connection that was cut, or found none, is chance.
        refused.ToString().Should().Contain("error").And.ContainAny("could not be stored", "Nobody can say");
        (await TestStore.ReadAllAsync(await Database.OpenAsync(Conversation))).Events
            .Select(static stored => ContentOf(JObject.Parse(stored.Json))).Should().Equal("before", "after");
        gateway.Log.Lines.Should().NotContain(line => line.Contains($"{proxy.Port}"));
    }

    private Task<GatewayHost> StartAsync(string connectionString, params string[] settings) => GatewayHost.StartAsync(
        _nothing, [$"Storage:Kind={StorageKind.Postgres}", $"Storage:Postgres:ConnectionString={connectionString}", .. settings]);

    private static async Task<HandWrittenClient> ConnectAsync(Uri address)
    {
        var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(address, Conversation, -1));
        await client.ReadOneAsync("connect");
        return client;
    }

    private static int IdOf(JToken json) => WireClientReading.IdOf(json) ?? -1;

    private static string? ContentOf(JToken json) => (string?)json["args"]?["content"];
}
