using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

using Gateway.Tests.Support;
using Gateway.Tools.Load;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Load;

/// <summary>Each scenario of a load against a gateway: it ends by itself, and counts what its clients were given.</summary>
public sealed class LoadRunTests
{
    private const string Key = "a-key-that-nobody-reads";

    [Fact]
    public async Task Idle_ClientsOfSeveralAddresses_AreConnectedAndStay()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);

        var report = await RunAsync(PlanFor(gateway, LoadScenario.Idle, 30) with
        {
            LocalAddresses = 3,
            Duration = TimeSpan.FromMilliseconds(100),
            ServerProcess = Environment.ProcessId,
        });

        report["connections"]!.Value<int>("connected").Should().Be(30);
        report["connections"]!.Value<int>("live").Should().Be(30);
        report["times"]!["connect"]!.Value<int>("count").Should().Be(30);
        report["phases"]!["connect"]!.Value<int>("count").Should().Be(30);
        report["phases"]!["work"]!.Value<double?>("serverCpuMilliseconds").Should().NotBeNull();
        report["memory"]!.Value<long>("peakKiB").Should().BePositive();
        report["faults"]!.Should().BeEmpty();
    }

    [Fact]
    public async Task Connect_OverTls_IsTimedForEachClient()
    {
        using var store = TempStore.Empty();
        using var certificate = TestCertificate.Create("nobody");
        await File.WriteAllBytesAsync(store.PathOf("server.pfx"), certificate.Export(X509ContentType.Pfx));
        await using var gateway = await GatewayHost.StartAsync(
            store, "urls=https://127.0.0.1:0", $"Kestrel:Certificates:Default:Path={store.PathOf("server.pfx")}");
        var plan = PlanFor(gateway, LoadScenario.Connect, 20);

        var trusted = await RunAsync(plan with { IsInsecure = true });
        var strict = await RunAsync(plan with { Clients = 1, Rooms = 1 });

        trusted["times"]!["connect"]!.Value<int>("count").Should().Be(20);
        trusted["faults"]!.Should().BeEmpty();
        strict["connections"]!.Value<int>("failed").Should().Be(1);
        strict["faults"]!.Children<JProperty>().Single().Name.Should().StartWith("tls: ");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Fanout_OneClientActs_AllAreShownEachAction(double rate)
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);

        var report = await RunAsync(PlanFor(gateway, LoadScenario.Fanout, 20) with { Rooms = 1, Events = 10, Rate = rate });

        report.Value<int>("actions").Should().Be(10);
        EventsOf(report).Should().Be((200, 200, 0, 0));
        report["times"]!["delivery"]!.Value<int>("count").Should().Be(200);
        report["times"]!["last client"]!.Value<int>("count").Should().Be(10);
        store.Events("load").Should().HaveCount(10);
    }

    [Fact]
    public async Task Fanout_ClientsThatNeverRead_AreOwedNothing()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);

        var report = await RunAsync(
            PlanFor(gateway, LoadScenario.Fanout, 10) with { Rooms = 1, Events = 20, Size = 10_000, NeverRead = 4 });

        EventsOf(report).Should().Be((120, 120, 0, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Compress_EventsLiveAndReplayed_AreReadWhetherTheServerCompressesOrNot(bool compresses)
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store, $"Engine:Compression={compresses}");
        var plan = PlanFor(gateway, LoadScenario.Fanout, 3) with { Rooms = 1, Events = 8, Size = 4_000, IsCompressing = true };

        var live = await RunAsync(plan);
        var replayed = await RunAsync(plan with { Scenario = LoadScenario.Replay, Expected = 8 });

        EventsOf(live).Should().Be((24, 24, 0, 0));
        EventsOf(replayed).Should().Be((24, 24, 0, 0));
        (live.Value<int>("compressed") >= 24).Should().Be(compresses);
        (replayed.Value<int>("compressed") >= 24).Should().Be(compresses);
        (replayed.Value<long>("bytes") < 24 * 4_000).Should().Be(compresses);
    }

    [Fact]
    public async Task Rooms_AtARate_ReachTheClientsOfTheirRoomOnly()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);

        var report = await RunAsync(PlanFor(gateway, LoadScenario.Rooms, 20) with { Rooms = 5, Events = 15, Rate = 20 });

        EventsOf(report).Should().Be((60, 60, 0, 0));
        store.Conversations().Should().BeEquivalentTo("load0", "load1", "load2", "load3", "load4");
        store.Conversations().Should().OnlyContain(conversation => store.Events(conversation).Count == 3);
    }

    [Fact]
    public async Task Action_EachWaitsForItsOwn_AllAreShownAndStored()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);

        var report = await RunAsync(PlanFor(gateway, LoadScenario.Action, 3) with { Rooms = 3, Events = 30 });

        EventsOf(report).Should().Be((30, 30, 0, 0));
        report["times"]!["action to shown"]!.Value<int>("count").Should().Be(30);
        store.Conversations().Sum(conversation => store.Events(conversation).Count).Should().Be(30);
    }

    [Fact]
    public async Task Action_EndedByItsDuration_WaitsForWhatIsUnderWay()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);

        var report = await RunAsync(
            PlanFor(gateway, LoadScenario.Action, 20) with { Rooms = 20, Duration = TimeSpan.FromMilliseconds(300) });

        var (expected, received, missing, _) = EventsOf(report);
        missing.Should().Be(0);
        received.Should().Be(expected).And.BePositive();
    }

    [Fact]
    public async Task Mixed_ClientsComeAndGo_NothingIsMissingOrTwice()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);

        var report = await RunAsync(PlanFor(gateway, LoadScenario.Mixed, 20) with
        {
            Rooms = 4,
            Rate = 20,
            Churn = 1,
            Duration = TimeSpan.FromMilliseconds(800),
        });

        var (expected, received, missing, twice) = EventsOf(report);
        (missing, twice).Should().Be((0, 0));
        received.Should().Be(expected).And.BePositive();
        report["connections"]!.Value<int>("connected").Should().BeGreaterThan(20, "some have left and come back");
    }

    [Theory]
    [InlineData(5, 0, 0)]
    [InlineData(7, 4, 0)]
    [InlineData(4, 0, 2)]
    public async Task Replay_OfFiveEvents_SaysWhatIsMissingOrTwice(int expected, int missing, int twice)
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);
        await RunAsync(PlanFor(gateway, LoadScenario.Action, 1) with { Rooms = 1, Events = 5 });

        var report = await RunAsync(PlanFor(gateway, LoadScenario.Replay, 2) with { Rooms = 1, Expected = expected });

        EventsOf(report).Should().Be((expected * 2, (expected * 2) - missing, missing, twice));
        report["times"]!["replay"]!.Value<int>("count").Should().Be(2);
    }

    [Fact]
    public async Task Replay_AtAReadRate_EndsWithTheTime()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);
        await RunAsync(PlanFor(gateway, LoadScenario.Action, 1) with { Rooms = 1, Events = 5, Size = 1_000 });

        var report = await RunAsync(PlanFor(gateway, LoadScenario.Replay, 1) with
        {
            Rooms = 1,
            ReadRate = 1_000,
            Duration = TimeSpan.FromMilliseconds(500),
        });

        report.Value<long>("bytes").Should().BeInRange(1, 1_500, "the rest is still to be read");
        report["events"]!.Value<int>("all").Should().BeLessThan(5);
    }

    [Fact]
    public async Task Return_TheServerGoesAndComesBack_EachIsGivenWhatItLacks()
    {
        using var store = TempStore.Empty();
        var first = await GatewayHost.StartAsync(store);
        await RunAsync(PlanFor(first, LoadScenario.Action, 1) with { Rooms = 1, Events = 5 });
        using var run = await LoadRun.CreateAsync(
            PlanFor(first, LoadScenario.Return, 10) with { Rooms = 1, LatestEventId = 2, Expected = 2, Duration = TestLimits.Step },
            CancellationToken.None);
        var running = run.RunAsync(TimeProvider.System, CancellationToken.None);
        await Eventually.IsTrueAsync(() => run.IsWorking, "all are connected");

        await first.DisposeAsync();
        await using var second = await GatewayHost.StartAsync(store, $"urls={first.Address.GetLeftPart(UriPartial.Authority)}");
        await running.WaitAsync(TestLimits.Step);

        var report = LoadReport.Of(run);
        EventsOf(report).Should().Be((20, 20, 0, 0));
        report["times"]!["gap"]!.Value<int>("count").Should().Be(10);
        report["faults"]!.Should().BeEmpty("that the server goes is what it is about");
    }

    [Fact]
    public async Task Connect_WithAWrongKey_IsCountedWithTheServersText()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store, "SESSION_API_KEY=another");

        var report = await RunAsync(PlanFor(gateway, LoadScenario.Connect, 4) with { Key = Key });

        report["connections"]!.Value<int>("failed").Should().Be(4);
        report["faults"]!.Children<JProperty>().Should().ContainSingle(
            static fault => fault.Name.Contains("invalid_session_api_key") && (int)fault.Value == 4);
        report.ToString().Should().NotContain(Key);
    }

    [Theory]
    [InlineData((int)LoadScenario.Connect)]
    [InlineData((int)LoadScenario.Idle)]
    [InlineData((int)LoadScenario.Rooms)]
    [InlineData((int)LoadScenario.Action)]
    [InlineData((int)LoadScenario.Replay)]
    [InlineData((int)LoadScenario.Return)]
    public async Task Run_NobodyListens_EndsWithAFaultOfEach(int scenario)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var report = await RunAsync(new LoadPlan(new Uri($"http://127.0.0.1:{port}"), (LoadScenario)scenario)
        {
            Clients = 3,
            Rooms = 1,
            Rate = 1,
            Duration = TimeSpan.FromHours(1),
        });

        report["faults"]!.Children<JProperty>().Single().Name.Should().StartWith("connect: ");
        report["connections"]!.Value<int>("failed").Should().Be(3);
    }

    [Theory]
    [InlineData((int)LoadScenario.Idle)]
    [InlineData((int)LoadScenario.Rooms)]
    public async Task Run_TheServerGoes_EndsWithAFaultOfEach(int scenario)
    {
        using var store = TempStore.Empty();
        var gateway = await GatewayHost.StartAsync(store);
        using var run = await LoadRun.CreateAsync(
            PlanFor(gateway, (LoadScenario)scenario, 5) with { Rate = 1, Duration = TimeSpan.FromHours(1) }, CancellationToken.None);
        var running = run.RunAsync(TimeProvider.System, CancellationToken.None);
        await Eventually.IsTrueAsync(() => run.IsWorking, "all are connected");

        await gateway.DisposeAsync();
        await running.WaitAsync(TestLimits.Step);

        var report = LoadReport.Of(run);
        report.Value<bool>("stopped").Should().BeFalse();
        report["faults"]!.Children<JProperty>().Sum(static fault => (int)fault.Value).Should().Be(5);
    }

    [Fact]
    public async Task Idle_Stopped_KeepsWhatWasSeen()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayHost.StartAsync(store);
        using var stop = new CancellationTokenSource();
        using var run = await LoadRun.CreateAsync(
            PlanFor(gateway, LoadScenario.Idle, 5) with { Duration = TimeSpan.FromHours(1) }, CancellationToken.None);
        var running = run.RunAsync(TimeProvider.System, stop.Token);
        await Eventually.IsTrueAsync(() => run.Counters.Live == 5, "all are connected");

        await stop.CancelAsync();
        await running.WaitAsync(TestLimits.Step);

        var report = LoadReport.Of(run);
        report.Value<bool>("stopped").Should().BeTrue();
        report["connections"]!.Value<int>("connected").Should().Be(5);
    }

    private static LoadPlan PlanFor(GatewayHost gateway, LoadScenario scenario, int clients) =>
        new(gateway.Address, scenario) { Clients = clients, Rooms = Math.Min(clients, 10), Connecting = 100 };

    private static async Task<JObject> RunAsync(LoadPlan plan)
    {
        using var run = await LoadRun.CreateAsync(plan, CancellationToken.None);
        await run.RunAsync(TimeProvider.System, CancellationToken.None).WaitAsync(TestLimits.Step);
        return LoadReport.Of(run);
    }

    private static (int Expected, int Received, int Missing, int Twice) EventsOf(JObject report) => (
        report["events"]!.Value<int>("expected"),
        report["events"]!.Value<int>("received"),
        report["events"]!.Value<int>("missing"),
        report["events"]!.Value<int>("twice"));
}
