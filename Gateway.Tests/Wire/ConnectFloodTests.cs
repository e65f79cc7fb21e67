using System.Diagnostics;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

namespace Gateway.Tests.Wire;

/// <summary>
/// A client that connects and leaves 20,000 times in 320 KB. Each CONNECT once began a replay of its own beside the others: every client
/// stood still for seconds, and the process grew by hundreds of megabytes.
/// </summary>
[Collection(MeasuredAlone.Name)]
public sealed class ConnectFloodTests : IDisposable
{
    private const string Flooded = "flooded";
    private const int Pairs = 20_000;
    private const int StoredEvents = 2_000;

    private readonly TempStore _store = TempStore.Empty();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Flood_OfConnectAndDisconnect_IsClosedAndNobodyElseWaits()
    {
        StoreEvents();
        await using var host = await GatewayHost.StartAsync(_store);
        await using var bystander = new HandWrittenClient([]);
        await bystander.ConnectAsync(new Visit(host.Address, "quiet"));
        await bystander.ReadAsync("connect");
        await ActAsync(bystander);
        var flood = CreateFlood();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var flooding = Task.WhenAll(Enumerable.Range(0, 10).Select(_ => FloodAsync(host.Address.Port, flood)));
        var latencies = new List<TimeSpan>();
        long peak = 0;
        while (!flooding.IsCompleted || latencies.Count < 200)
        {
            latencies.Add(await ActAsync(bystander));
            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
        }

        var codes = await flooding.WaitAsync(TestLimits.Step);
        codes.Should().OnlyContain(static code => code == 1008);
        latencies.Sort();
        latencies[latencies.Count * 99 / 100].Should().BeLessThan(TimeSpan.FromMilliseconds(250));
        (peak - before).Should().BeLessThan(100 * 1_024 * 1_024);
        host.Log.Count("Connected to namespace /").Should().BeLessThanOrEqualTo((2 * 10) + 1, "one replay is at work and one may wait");
    }

    [Fact]
    public async Task ConnectDisconnectConnect_InOneBreath_EndsConnectedWithTheWholeHistory()
    {
        StoreEvents();
        await using var host = await GatewayHost.StartAsync(_store);
        using var client = await RawEngineClient.OpenAsync(host.Address.Port, "/socket.io/", $"&conversation_id={Flooded}");
        byte[] packets =
        [
            .. RawEngineClient.FormatFrame(0x81, "40"u8), .. RawEngineClient.FormatFrame(0x81, "41"u8),
            .. RawEngineClient.FormatFrame(0x81, "40"u8),
        ];

        await client.WriteAsync(packets);

        var last = -1;
        var sids = 0;
        while (sids == 0 || last < StoredEvents - 1)
        {
            var text = await client.ReadTextAsync();
            text.Should().NotStartWith("44");
            sids += text.StartsWith("40", StringComparison.Ordinal) ? 1 : 0;
            last = text.StartsWith("42", StringComparison.Ordinal) ? WireJson.Parse(text[2..])[1]!.Value<int>("id") : last;
        }

        // The first one's answer may have been on its way when the client left.
        sids.Should().BeInRange(1, 2);
        await client.SendTextAsync($"427[\"oh_user_action\",{Actions.Message("in")}]");
        while (!(await client.ReadTextAsync()).StartsWith("437[]", StringComparison.Ordinal))
        {
            // Its own event comes too.
        }
    }

    private static byte[] CreateFlood()
    {
        byte[] pair = [.. RawEngineClient.FormatFrame(0x81, "40"u8), .. RawEngineClient.FormatFrame(0x81, "41"u8)];
        var flood = new byte[Pairs * pair.Length];
        for (var i = 0; i < Pairs; i++)
        {
            pair.CopyTo(flood, i * pair.Length);
        }

        return flood;
    }

    // Gives the code that the server closes with.
    private static async Task<int> FloodAsync(int port, byte[] flood)
    {
        using var client = await RawEngineClient.OpenAsync(port, "/socket.io/", $"&conversation_id={Flooded}");
        try
        {
            await client.WriteAsync(flood);
        }
        catch (IOException)
        {
            // Closed before all was written; the close frame is still to be read.
        }

        return (await client.ReadCloseAsync()).CloseCode;
    }

    private static async Task<TimeSpan> ActAsync(HandWrittenClient client)
    {
        var clock = Stopwatch.StartNew();
        await client.EmitAsync(Actions.Message("hello"), wantsAck: true);
        await client.ReadAsync("ack");
        return clock.Elapsed;
    }

    private void StoreEvents()
    {
        var folder = Directory.CreateDirectory(_store.PathOf("sessions", Flooded, "events")).FullName;
        for (var id = 0; id < StoredEvents; id++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{id}.json"), TestStore.Event(id, new string('x', 200)));
        }
    }
}
