using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>
/// Events larger than the outbound queue over a link that is not instant. The CONNECT answer and acknowledgements wait behind them; they
/// once found the queue full, and that closed the client. The long form: 40 events of 1.5 MB at 2 MB/s, and one of 50 MB.
/// </summary>
public sealed class LargeEventTests : IDisposable
{
    private const string Conversation = "large-events";
    private const int LargeEvent = 1_500_000;

    private static readonly double s_bytesPerSecond = LongTests.Scale(20e6, 2e6);

    private readonly TempStore _store = TempStore.Empty();

    public void Dispose() => _store.Dispose();

    public static TheoryData<string> Clients() =>
        ["raw websocket", "raw polling", "socket.io-client, websocket", "socket.io-client, polling"];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task History_OfLargeEvents_ArrivesOnceInOrderBeforeTheConnectAnswer(string name)
    {
        var count = LongTests.Scale(10, 40);
        StoreEvents(Enumerable.Repeat(LargeEvent, count));
        await using var host = await GatewayHost.StartAsync(_store);
        await using var link = SlowLink.Start(host.Address.Port, s_bytesPerSecond);
        await using var client = Start(name);

        await client.ConnectAsync(new Visit(link.Address, Conversation));

        await ReadHistoryAsync(client, count);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task History_WithAHugeLastEvent_ArrivesBeforeTheConnectAnswer(string name)
    {
        StoreEvents([10, LargeEvent, LongTests.Scale(12_000_000, 50_000_000)]);
        await using var host = await GatewayHost.StartAsync(_store);
        await using var link = SlowLink.Start(host.Address.Port, s_bytesPerSecond);
        await using var client = Start(name);

        await client.ConnectAsync(new Visit(link.Address, Conversation));

        await ReadHistoryAsync(client, 3);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Acknowledgement_AmongLargeEvents_ArrivesInItsTurn(string name)
    {
        var count = LongTests.Scale(8, 20);
        await using var host = await GatewayHost.StartAsync(_store);
        await using var link = SlowLink.Start(host.Address.Port, s_bytesPerSecond);
        await using var client = Start(name);
        await client.ConnectAsync(new Visit(link.Address, Conversation));
        await client.ReadAsync("connect");
        await using var writer = new HandWrittenClient([]);
        await writer.ConnectAsync(new Visit(host.Address, Conversation));
        await writer.ReadAsync("connect");

        // All are stored long before the slow client has them; its own action comes while its queue is full.
        for (var i = 0; i < count; i++)
        {
            await writer.EmitAsync(Actions.Message(new string('x', LargeEvent)), wantsAck: true);
            await writer.ReadAsync("ack");
        }

        await client.EmitAsync(Actions.Message("the last"), wantsAck: true);
        var (ids, acknowledgements) = await ReadThroughAckAsync(client, count);

        ids.Should().Equal(Enumerable.Range(0, count + 1));
        acknowledgements.Should().Be(1);
    }

    private static IWireClient Start(string name) => name switch
    {
        "raw websocket" => new HandWrittenClient([]),
        "raw polling" => new PollingClient(),
        "socket.io-client, websocket" => Node("websocket"),
        _ => Node("polling"),
    };

    private static DriverClient Node(string transport) => DriverClient.Node(visit =>
        DriverCommands.JavaScriptConnect(visit, new JObject { ["transports"] = new JArray(transport) }));

    // Slow is the limit, because socket.io-client shows nothing before the CONNECT answer, which comes after all of it.
    private static async Task ReadHistoryAsync(IWireClient client, int count)
    {
        for (var id = 0; id < count; id++)
        {
            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Slow);
            seen.On.Should().Be("event", "event {0} of {1} is due, not: {2}", id, count, Start(seen));
            seen.Value.Value<int>("id").Should().Be(id);
        }

        var last = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Slow);
        last.On.Should().Be("connect", "the CONNECT answer is due, not: {0}", Start(last));
    }

    // The events in their order, and how many acknowledgements came among them: until both are complete.
    private static async Task<(List<int> Ids, int Acknowledgements)> ReadThroughAckAsync(IWireClient client, int lastId)
    {
        var ids = new List<int>();
        var acknowledgements = 0;
        while (acknowledgements == 0 || ids.Count == 0 || ids[^1] != lastId)
        {
            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Slow);
            seen.On.Should().BeOneOf(["event", "ack"], "nothing else is due, and not: {0}", Start(seen));
            acknowledgements += seen.On == "ack" ? 1 : 0;
            // The title that the first message gives the conversation is told without an id.
            if (seen.On == "event" && seen.Value["id"] is not null)
            {
                ids.Add(seen.Value.Value<int>("id"));
            }
        }

        return (ids, acknowledgements);
    }

    private static string Start(Observation seen)
    {
        var text = seen.Value.ToString();
        return $"{seen.On} {text[..Math.Min(text.Length, 80)]}";
    }

    private void StoreEvents(IEnumerable<int> sizes)
    {
        var folder = Directory.CreateDirectory(_store.PathOf("sessions", Conversation, "events")).FullName;
        foreach (var (size, id) in sizes.Select(static (size, id) => (size, id)))
        {
            File.WriteAllBytes(Path.Combine(folder, $"{id}.json"), TestStore.Event(id, new string('x', size)));
        }
    }
}
