using Gateway.Tests.Support;

namespace Gateway.Tests.Costs;

/// <summary>
/// What an action, a delivery, a replayed event, a connect and an idle client's ping cost: bytes allocated and system calls, each as the
/// difference between much work and little, or as a share of much. No clock is asked, so a loaded machine changes nothing, and a regression
/// fails. The figures are those that were measured; who lowers one lowers it here.
/// </summary>
public sealed class CostTests
{
    private const int Few = 20;
    private const int Many = 120;
    private const int Rounds = 40;

    // No copy of the event, which has some 700. What is left is what threads hand over to one another, 0 to 70 by how busy they are.
    private const double HandedOver = 100;

    [Fact]
    public async Task Delivery_ToOneClientMore_CopiesNothingAndIsOneSend()
    {
        using var store = TempStore.Empty();
        await using var gateway = await MeteredGateway.StartAsync(store, "--Engine:PingInterval=01:00:00");
        using var room = new Room(gateway.Port);
        await room.GrowAsync(Few);
        await room.ShowAsync(Rounds);
        var few = await gateway.MeasureAsync(() => room.ShowAsync(Rounds));
        await room.GrowAsync(Many - Few);
        await room.ShowAsync(Rounds);
        var many = await gateway.MeasureAsync(() => room.ShowAsync(Rounds));

        var cost = (many - few) / ((Many - Few) * Rounds);

        cost.Bytes.Should().BeLessThan(HandedOver);
        cost.Io.Should().Equal("sendto 1");
    }

    [Fact]
    public async Task Action_StoredAndShown_WritesItsFileAndReadsNoneForItsPage()
    {
        const int Pages = 10;
        const int Actions = Pages * 25;
        using var store = TempStore.Empty();
        await using var gateway = await MeteredGateway.StartAsync(store, "--Engine:PingInterval=01:00:00");
        using var room = new Room(gateway.Port);
        await room.GrowAsync(1);
        await room.ShowAsync(Actions);

        var cost = await gateway.MeasureAsync(() => room.ShowAsync(Actions)) / Actions;

        cost.Bytes.Should().BeLessThan(10_500);
        cost.Io.Should().Contain(["pwrite64 1", "recvfrom 2", "sendto 1", "unlink 1"], "the event and its acknowledgement are one send");

        // Of a page that the collector has taken meanwhile all 25 are read.
        cost.Calls.GetValueOrDefault("pread64").Should().BeLessThan(0.6);
    }

    [Fact]
    public async Task Ping_OfAnIdleClient_TakesNextToNothingAndIsOneSend()
    {
        using var store = TempStore.Empty();
        await using var gateway = await MeteredGateway.StartAsync(store, "--Engine:PingInterval=00:00:00.100");
        using var room = new Room(gateway.Port);
        await room.GrowAsync(Many);
        await room.PingedAsync();
        await room.PongAsync(Rounds / 2);

        var cost = await gateway.MeasureAsync(() => room.PongAsync(Rounds / 2)) / (Many * Rounds / 2);

        cost.Bytes.Should().BeLessThan(HandedOver);
        cost.Io.Should().Equal("recvfrom 2", "sendto 1");
    }

    [Fact]
    public async Task Limits_OfClientsAndAddresses_WakeNobodyByThemselves()
    {
        using var store = TempStore.Empty();
        string[] limits =
        [
            "--Engine:MaxSessionsPerAddress", "--Engine:ConnectsPerSecond", "--Conversations:MaxClientsPerConversation",
            "--Conversations:MaxClientsPerUser",
        ];
        await using var limited = await MeteredGateway.StartAsync(store, [.. limits.Select(static limit => $"{limit}=1000")]);
        await using var unlimited = await MeteredGateway.StartAsync(store, [.. limits.Select(static limit => $"{limit}=0")]);

        // One that has just started may have a timer more for a moment; one that a limit has would stay.
        await Eventually.IsTrueAsync(
            async () => await limited.TimersAsync() == await unlimited.TimersAsync(), "limits have no timers of their own");
    }

    [Fact]
    public async Task Connect_AtTheHead_TakesEightKilobytesAndThreeSends()
    {
        using var store = TempStore.Empty();
        await using var gateway = await MeteredGateway.StartAsync(store, "--Engine:PingInterval=01:00:00");
        using var room = new Room(gateway.Port);
        await room.GrowAsync(Many);

        var cost = await gateway.MeasureAsync(() => room.GrowAsync(Many)) / Many;

        cost.Bytes.Should().BeLessThan(9_500);
        cost.Io.Should().Contain(["accept4 2", "epoll_ctl 1", "sendto 3", "setsockopt 1"]);
    }

    [Fact]
    public async Task Replay_OfOneEventMore_ReadsItsFileAndSharesItsSend()
    {
        const int Short = 500;
        const int Long = 2_500;
        const int Size = 1_700;
        using var store = TempStore.Empty();
        Store(store, Short, Size);
        Store(store, Long, Size);
        await using var gateway = await MeteredGateway.StartAsync(store, "--Engine:PingInterval=01:00:00");
        await ReplayAsync(gateway, Short, latest: -1);
        await ReplayAsync(gateway, Long, latest: -1);

        // Each from another event: nothing is kept of one for those that follow.
        var (ofShort, ofLong) = (0, 0);
        var few = await gateway.MeasureAsync(() => ReplayAsync(gateway, Short, ofShort++));
        var many = await gateway.MeasureAsync(() => ReplayAsync(gateway, Long, ofLong++));

        var cost = (many - few) / (Long - Short);

        cost.Bytes.Should().BeLessThan(2 * Size, "it is copied once, into what is sent");
        cost.Io.Should().Equal(
            ["close 1", "fstat 1", "lseek 1", "openat 1", "pread64 1", "sendto 0.1"], "some eighteen events are one send of 32 KB");
    }

    /// <summary>A conversation of so many events, which is called after their number.</summary>
    private static void Store(TempStore store, int count, int size)
    {
        var folder = Directory.CreateDirectory(store.PathOf("sessions", $"c{count}", "events")).FullName;
        for (var id = 0; id < count; id++)
        {
            File.WriteAllText(
                Path.Combine(folder, $"{id}.json"),
                $$$"""
                {"id":{{{id}}},"timestamp":"2026-01-01T00:00:00","source":"agent","action":"message","args":{"content":"{{{new string('x', size)}}}"}}
                """);
        }
    }

    private static async Task ReplayAsync(MeteredGateway gateway, int count, int latest)
    {
        using var client = await RawEngineClient.OpenAsync(
            gateway.Port, "/socket.io/", $"&conversation_id=c{count}&latest_event_id={latest}");
        await client.SendTextAsync("40");
        (await client.ReadThroughAsync("40{")).Should().HaveCount(count - latest, "the answer comes last");
    }

    /// <summary>Clients of one conversation, at the head of its log.</summary>
    private sealed class Room(int port) : IDisposable
    {
        private readonly List<RawEngineClient> _clients = [];
        private int _acks;

        public async Task GrowAsync(int clients)
        {
            for (var n = 0; n < clients; n++)
            {
                var client = await RawEngineClient.OpenAsync(port, "/socket.io/", "&conversation_id=c1&latest_event_id=1000000");
                _clients.Add(client);
                await client.SendTextAsync("40");
                foreach (var _ in (await client.ReadThroughAsync("40{")).Where(static text => text == "2"))
                {
                    await client.SendTextAsync("3");
                }
            }
        }

        /// <summary>One event after another, each once every client has the one before.</summary>
        public async Task ShowAsync(int events)
        {
            for (var n = 0; n < events; n++)
            {
                await _clients[0].SendTextAsync($"42{++_acks}[\"oh_user_action\",{{\"action\":\"message\",\"args\":{{\"content\":\"Hello\"}}}}]");
                foreach (var client in _clients.Skip(1))
                {
                    await client.ReadThroughAsync("42[\"oh_event\"");
                }

                // Its own event and the acknowledgement, in whichever order they come.
                await _clients[0].ReadTextAsync();
                await _clients[0].ReadTextAsync();
            }
        }

        /// <summary>Each client has been sent a ping.</summary>
        public async Task PingedAsync()
        {
            foreach (var client in _clients)
            {
                await client.ReadThroughAsync("2");
            }
        }

        /// <summary>
        /// Each client's ping is answered, so many times. It ends with a ping that is not: the server sends it when it has read the answer
        /// before it, and so nothing of this is done later.
        /// </summary>
        public async Task PongAsync(int pings)
        {
            for (var n = 0; n < pings; n++)
            {
                foreach (var client in _clients)
                {
                    await client.SendTextAsync("3");
                }

                await PingedAsync();
            }
        }

        public void Dispose() => _clients.ForEach(static client => client.Dispose());
    }
}
