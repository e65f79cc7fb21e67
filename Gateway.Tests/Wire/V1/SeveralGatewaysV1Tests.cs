using System.Diagnostics;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using Xunit.Abstractions;

namespace Gateway.Tests.Wire.V1;

/// <summary>A V1 conversation whose bridge is at one gateway, and at another when that one dies or sleeps.</summary>
public sealed class SeveralGatewaysV1Tests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(20);

    private readonly List<GatewayProcess> _gateways = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }
    }

    /// <summary>
    /// Somebody is killed, or paused past the lease, at any frame, while the server's sockets are cut as well. The log is the same as that
    /// of one gateway that nothing happens to: ids, contents, and which V1 event each is of.
    /// </summary>
    [Fact]
    public async Task Kill_OfTheGatewayWithTheBridgeAtAnyFrame_LeavesTheLogAsItIsWithout()
    {
        var kills = LongTests.Scale(byDefault: 2, asked: 50);
        var seed = LongTests.Scale(byDefault: 12, asked: Environment.TickCount);
        output.WriteLine($"seed {seed}");
        await using var disturbed = await NodesStage.CreateAsync();
        await using var alone = await NodesStage.CreateAsync();

        var length = await DisturbAsync(disturbed, kills, new Random(seed));
        await WatchAsync(alone, length);

        var (log, expected) = (await disturbed.LogAsync(V1Stage.Id), await alone.LogAsync(V1Stage.Id));
        FirstDifference([.. log.Select(WithoutTime)], [.. expected.Select(WithoutTime)]).Should().BeNull();
        log.Select(static e => (int?)e["id"]).Should().Equal(Enumerable.Range(0, log.Count).Select(static id => (int?)id));
        var sourceIds = await SourceIdsAsync(disturbed);
        sourceIds.Should().Equal(await SourceIdsAsync(alone));
        sourceIds.Count.Should().BeGreaterThan(length / 10);
    }

    /// <summary>Gives how many events of V1's there were.</summary>
    private async Task<int> DisturbAsync(NodesStage stage, int kills, Random random)
    {
        await using var stream = await V1Stream.CreateAsync(
            s_pace, length: 2_000 + (kills * 500), cutAfter: static number => 20 + (number * 7 % 50));
        var owner = await StartAsync(stage, stream);
        var owning = await ConnectAsync(owner);
        var follower = await StartAsync(stage, stream);
        var following = await ConnectAsync(follower);
        List<NodeClient> clients = [owning, following];
        List<TimeSpan> takeovers = [];
        stream.Begin();
        for (var n = 0; n < kills; n++)
        {
            var next = await StartAsync(stage, stream);
            var epoch = await stage.EpochAsync(V1Stage.Id);
            await stream.ReachAsync(stream.Shown + random.Next(1, 40));
            var isPaused = n % 10 == 1;
            await (isPaused ? owner.SignalAsync("STOP") : owner.KillAsync().AsTask());
            takeovers.Add(await UntilTakenAsync(stage, epoch));
            if (isPaused)
            {
                // Whoever slept goes on, and its client with the others.
                var head = (await stage.Database.OpenAsync(V1Stage.Id)).Head;
                await owner.SignalAsync("CONT");
                await owning.UntilEventAsync(e => WireClientReading.IdOf(e) > head);
                await owner.KillAsync();
            }

            (owner, owning, follower) = (follower, following, next);
            following = await ConnectAsync(next);
            clients.Add(following);
        }

        await stream.EndAsync();
        await Task.WhenAll(new[] { owning, following }.Select(static client => client.UntilEventAsync(IsTheEnd)));
        (await stage.EpochAsync(V1Stage.Id)).Should().Be(kills + 1);

        // Before the server does, of which they would say so.
        await owner.KillAsync();
        await follower.KillAsync();
        var log = await stage.LogAsync(V1Stage.Id);
        foreach (var client in clients)
        {
            ShouldHaveSeen(client, log);
            await client.DisposeAsync();
        }

        output.WriteLine(
            $"{stream.Shown} events of V1, {log.Count} of V0, {kills} takeovers after "
            + $"{takeovers.Min().TotalSeconds:0.00} to {takeovers.Max().TotalSeconds:0.00} s");
        if (LongTests.AreAsked)
        {
            takeovers.Should().AllSatisfy(static took => took.Should().BeLessThan(s_lease + TimeSpan.FromSeconds(1)));
        }

        return stream.Shown - 1;
    }

    /// <summary>What one gateway makes of it.</summary>
    private async Task WatchAsync(NodesStage stage, int length)
    {
        await using var stream = await V1Stream.CreateAsync(TimeSpan.FromMilliseconds(2), length);
        var gateway = await StartAsync(stage, stream);
        await using var client = await ConnectAsync(gateway);
        stream.Begin(length);
        await stream.ReachAsync(length);
        await stream.EndAsync();
        await client.UntilEventAsync(IsTheEnd);
        await gateway.KillAsync();
    }

    private async Task<GatewayProcess> StartAsync(NodesStage stage, V1Stream stream)
    {
        var gateway = await stage.StartProcessAsync(new()
        {
            ["Agent"] = "v1",
            ["V1__BaseUrl"] = stream.BaseUrl,
            ["V1__ReconnectDelay"] = "00:00:00.050",
            ["V1__DetachAfter"] = "00:00:00",
            ["Storage__Postgres__LeaseTime"] = $"{s_lease}",
        });
        _gateways.Add(gateway);
        return gateway;
    }

    /// <summary>Complete when the client has seen the newest state of its conversation, so that it is live.</summary>
    private static async Task<NodeClient> ConnectAsync(GatewayProcess gateway)
    {
        var client = await NodeClient.ConnectAsync(gateway.Address, conversation: V1Stage.Id);
        if (!client.Events.Exists(IsReady))
        {
            await client.UntilEventAsync(IsReady);
        }

        return client;
    }

    private static bool IsReady(JObject e) => (string?)e["extras"]?["agent_state"] is not (null or "loading");

    /// <summary>Gives how long it took.</summary>
    private static async Task<TimeSpan> UntilTakenAsync(NodesStage stage, long epoch)
    {
        var started = Stopwatch.GetTimestamp();
        var next = await Eventually.GetAsync(() => stage.EpochAsync(V1Stage.Id), now => now != epoch, "another gateway takes the agent");
        var taken = Stopwatch.GetElapsedTime(started);
        next.Should().Be(epoch + 1);
        return taken;
    }

    private static async Task<IReadOnlyList<(int, string)>> SourceIdsAsync(NodesStage stage) =>
        await (await stage.Database.OpenAsync(V1Stage.Id)).ReadSourceIdsAsync(0, CancellationToken.None);

    /// <summary>Each event once and in order, none left out; of the states before it came a replay shows but the newest.</summary>
    private static void ShouldHaveSeen(NodeClient client, IReadOnlyList<JObject> log)
    {
        var seen = client.Events.ConvertAll(static e => (int)e["id"]!);
        seen.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        log.Take(seen[^1] + 1).Where(static e => (string?)e["observation"] != "agent_state_changed").Select(static e => (int)e["id"]!)
            .Should().BeSubsetOf(seen);
    }

    private static bool IsTheEnd(JObject e) => (string?)e["args"]?["content"] == V1Stream.End;

    private static string WithoutTime(JObject e)
    {
        e.Remove("timestamp");
        return e.ToString(Formatting.None);
    }

    /// <summary>Whole logs are too long to be read in a failure.</summary>
    private static string? FirstDifference(List<string> actual, List<string> expected)
    {
        var same = actual.Zip(expected).TakeWhile(static pair => pair.First == pair.Second).Count();
        return same == Math.Max(actual.Count, expected.Count)
            ? null
            : $"{same} of {expected.Count}: {Short(actual.ElementAtOrDefault(same))} instead of {Short(expected.ElementAtOrDefault(same))}";

        static string Short(string? text) => text?.Length > 400 ? text[..400] : text ?? "nothing";
    }
}
