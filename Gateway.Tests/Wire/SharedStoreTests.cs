using System.Diagnostics;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>Two servers over one store: what one stores the other's clients see, within a second, once and in order.</summary>
public sealed class SharedStoreTests
{
    private const string Conversation = "shared";

    [Theory]
    [InlineData("Storage:MaxWatches=10000")]
    [InlineData("Storage:MaxWatches=0")]
    public async Task Append_ByAnotherServer_IsSeenWithinASecondOnceAndInOrder(string setting)
    {
        using var store = TempStore.Empty();
        await using var a = await GatewayHost.StartAsync(store, setting);
        await using var b = await GatewayHost.StartAsync(store, setting);
        await using var reader = await ConnectAsync(a.Address);
        await using var writer = await ConnectAsync(b.Address);
        var seen = new List<int>();
        var times = new List<TimeSpan>();

        for (var n = 0; n < 12; n++)
        {
            await writer.EmitAsync(Actions.Message($"m{n}"), wantsAck: true);
            await writer.ReadOneAsync("ack");
            var stored = Stopwatch.StartNew();
            seen.Add(IdOf(await reader.ReadOneAsync("event")));
            times.Add(stored.Elapsed);
        }

        seen.Should().Equal(Enumerable.Range(0, 12));
        times.Order().ElementAt(times.Count - 2).Should().BeLessThan(TimeSpan.FromSeconds(1), "the machine may stand still once");
    }

    [Fact]
    public async Task Connect_WithWhatAnotherServerHasStored_GetsOnlyWhatFollows()
    {
        using var store = TempStore.Empty();
        await using var a = await GatewayHost.StartAsync(store);
        await using var b = await GatewayHost.StartAsync(store);
        await using var stays = await ConnectAsync(a.Address);
        await using var writer = await ConnectAsync(b.Address);
        for (var n = 0; n < 5; n++)
        {
            await writer.EmitAsync(Actions.Message($"m{n}"), wantsAck: true);
            await writer.ReadOneAsync("ack");
        }

        // At once: server a has had no time to see anything by itself.
        await using var moved = await ConnectAsync(a.Address, latest: 4);
        await moved.EmitAsync(Actions.Message("next"));

        IdOf(await moved.ReadOneAsync("event")).Should().Be(5);
        var seen = new List<int>();
        while (seen.Count < 6)
        {
            seen.Add(IdOf(await stays.ReadOneAsync("event")));
        }

        seen.Should().Equal(Enumerable.Range(0, 6));
    }

    [Fact]
    public async Task Append_ByTwoProcessesAtOnce_LosesNothingAndAllSeeTheSame()
    {
        const int each = 60;
        using var store = TempStore.Empty();
        await using var a = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });
        await using var b = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });
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

        var stored = store.Events(Conversation);
        stored.Keys.Should().Equal(Enumerable.Range(0, 2 * each));
        stored.Values.Select(static json => (string?)json["args"]?["content"]).Should()
            .BeEquivalentTo(new[] { "a", "b" }.SelectMany(static name => Enumerable.Range(0, each).Select(n => $"{name}{n}")));
        seen.Should().AllSatisfy(static events => events.Select(IdOf).Should().Equal(Enumerable.Range(0, 2 * each)));
    }

    private static async Task<HandWrittenClient> ConnectAsync(Uri address, int latest = -1)
    {
        var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(address, Conversation, latest));
        await client.ReadOneAsync("connect");
        return client;
    }

    private static int IdOf(JToken json) => WireClientReading.IdOf(json) ?? -1;
}
