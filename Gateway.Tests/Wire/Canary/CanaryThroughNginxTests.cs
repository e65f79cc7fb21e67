using System.Collections.Concurrent;

using Gateway.Agents.Canary;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire.Canary;

/// <summary>Two gateways on one database behind nginx, a V0 server and a V1 server behind them.</summary>
public sealed class CanaryThroughNginxTests
{
    private const double Percent = 10;

    /// <summary>The long form is 2,000 conversations: 2 % are three deviations from the share then, and with 120 less than one.</summary>
    [Fact]
    public async Task Share_OverTwoGateways_IsKeptOverARestart()
    {
        var count = LongTests.Scale(120, 2_000);
        await using var stage = await CanaryStage.StartAsync(hasV0: true);
        await using var database = await TestedDatabase.CreateAsync();
        string[] Settings(params string[] others) => stage.Settings(
            $"{stage.V0!.Address}",
            [$"Storage:Kind={StorageKind.Postgres}", $"Storage:Postgres:ConnectionString={database.ConnectionString}", .. others]);

        var where = new ConcurrentDictionary<string, string>();
        await using (var gateways = await TwoGateways.StartAsync(stage, Settings("Migration:Route:Percent=10")))
        {
            await CanaryStage.SendAsync(gateways.Http, "POST", "/api/settings", CanaryStage.UserSettings);
            await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, _) =>
            {
                var id = await CanaryStage.CreateAsync(gateways.Http);
                where[id] = await CanaryStage.WhereAsync(gateways.Http, id);
            });
        }

        var ofV1 = where.Where(static one => one.Value == "V1").Select(static one => one.Key).ToList();
        where.Should().HaveCount(count);
        ofV1.Should().OnlyContain(static id => SlotOf(id) < Percent * 100, "the id decides");
        ofV1.Should().OnlyContain(id => stage.V1.Rest.Knows(Guid.Parse(id)));
        stage.V0Store.Conversations().Should().Equal(where.Keys.Except(ofV1).Order(StringComparer.Ordinal));
        var deviation = 100 * Math.Sqrt(Percent / 100 * (1 - (Percent / 100)) / count);
        (100.0 * ofV1.Count / count).Should().BeApproximately(Percent, LongTests.Scale(5 * deviation, 2));

        await using var after = await TwoGateways.StartAsync(
            stage, Settings("Migration:Route:Percent=90", "Migration:Route:TakeBack=true"));
        foreach (var (id, place) in where)
        {
            // By turns: each conversation is asked for at both.
            (await CanaryStage.WhereAsync(after.Http, id)).Should().Be(place);
            (await CanaryStage.WhereAsync(after.Http, id)).Should().Be(place);
        }

        (await CanaryStage.WhereAsync(after.Http, await CanaryStage.CreateAsync(after.Http))).Should().Be("V0");
    }

    private static int SlotOf(string id) =>
        ConversationId.TryParse(id, out var parsed) ? CanaryRule.SlotOf(parsed) : throw new ArgumentException(id);

    /// <summary>Two gateways and the nginx before them. Owned by the test.</summary>
    private sealed class TwoGateways(GatewayHost one, GatewayHost two, NginxProxy nginx) : IAsyncDisposable
    {
        public HttpClient Http { get; } = CanaryStage.Open(nginx.Address);

        public static async Task<TwoGateways> StartAsync(CanaryStage stage, string[] settings)
        {
            var one = await GatewayHost.StartAsync(stage.Store, settings);
            var two = await GatewayHost.StartAsync(stage.Store, settings);
            return new TwoGateways(one, two, await NginxProxy.StartSeveralAsync([one.Address, two.Address]));
        }

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await nginx.DisposeAsync();
            await one.DisposeAsync();
            await two.DisposeAsync();
        }
    }
}
