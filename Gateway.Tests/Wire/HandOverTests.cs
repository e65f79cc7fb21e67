using System.Globalization;

using Gateway.Conversations.Runtime;
using Gateway.EngineIO.Sessions;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tests.Wire.V1;

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>A process that takes another one's place on the same address, over the same files.</summary>
public sealed class HandOverTests
{
    private const int Clients = 30;
    private const int Conversations = 6;

    // Longer than a test may take: what waits for it would show.
    private const string LongSpread = "Engine:StopSpread=00:05:00";
    private const string LongWait = "Engine:HandOverTime=00:05:00";

    // Of the last process, for which nobody comes.
    private const string ShortWait = "Engine:HandOverTime=00:00:01";
    private const string NobodyCame = "No other process listens";

    private static readonly TimeSpan s_spread = LongTests.Scale(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    private readonly string _url = $"http://127.0.0.1:{NginxProxy.FreePort()}";

    /// <summary>Real processes, several times, with clients of every transport that read and write.</summary>
    [Fact]
    public async Task Processes_OneAfterTheOther_LoseNothing()
    {
        using var store = TempStore.Empty();

        var report = await TakeTurnsAsync(new() { ["FILE_STORE_PATH"] = store.Root });

        await LostNothingAsync(report, conversation => Task.FromResult<IEnumerable<JObject>>(store.Events(conversation).Values));
    }

    /// <summary>With the agents' leases in place of claims.</summary>
    [Fact]
    public async Task Processes_OneAfterTheOtherWithADatabase_LoseNothing()
    {
        await using var stage = await NodesStage.CreateAsync();

        var report = await TakeTurnsAsync(stage.EnvironmentOf());

        await LostNothingAsync(report, async conversation => await stage.LogAsync(conversation));
    }

    [Fact]
    public async Task Stop_ForTheNext_ServesWhoIsHereAndHandsOverWhatIsWantedThere()
    {
        using var store = TempStore.Empty();
        await using var first = await StartAsync(store, LongWait, LongSpread, "Agent=none");
        await using var one = await JoinAsync("c1");
        await using var two = await JoinAsync("c2");
        using var kept = new HttpClient { BaseAddress = first.Address };
        (await kept.GetAsync(new Uri("/health/live", UriKind.Relative))).Headers.ConnectionClose.Should().NotBe(true);

        var stopping = first.StopAsync();
        await using var second = await StartAsync(store, ShortWait, "Agent=none");
        second.Expect(NobodyCame);
        await first.Log.WaitForAsync("The next process listens").WaitAsync(TestLimits.Step);

        // By a connection that it has: the next process answers who makes a new one.
        (await kept.GetAsync(new Uri("/health/live", UriKind.Relative))).Headers.ConnectionClose.Should().BeTrue();
        await one.EmitAsync(Actions.Message("still here"), wantsAck: true);
        (await one.ReadAsync("ack"))["ack"].Should().BeEmpty();

        await using var there = await JoinAsync("c1");
        (await one.ReadAsync("disconnect"))["disconnect"].ToString().Should().Be("server shutdown");
        await there.EmitAsync(Actions.Message("there now"), wantsAck: true);
        (await there.ReadAsync("ack"))["ack"].Should().BeEmpty();
        Said(store, "c1").Should().Equal("still here", "there now");

        // The other conversation has stayed, until it is wanted as well: then there is nothing to wait for.
        await two.EmitAsync(Actions.Message("still here"), wantsAck: true);
        (await two.ReadAsync("ack"))["ack"].Should().BeEmpty();
        stopping.IsCompleted.Should().BeFalse();
        await using var too = await JoinAsync("c2");
        await two.ReadAsync("disconnect");
        await stopping.WaitAsync(TestLimits.Step);
        second.Services.GetRequiredService<SessionRegistry>().Count.Should().Be(2);
    }

    /// <summary>It would be left in a conversation whose session is gone.</summary>
    [Fact]
    public async Task Stop_AConnectionInSeveralConversations_LeavesWithTheFirstOfThem()
    {
        using var store = TempStore.Empty();
        await using var first = await StartAsync(store, LongWait, LongSpread, "Agent=none");
        await using var both = new HandWrittenClient(["40/conversations/c2,"]);
        await both.ConnectAsync(new Visit(new Uri(_url), "c1"));
        var conversations = first.Services.GetRequiredService<ConversationRegistry>();
        await Eventually.IsTrueAsync(() => conversations.Measure().Clients == 2, "it is in both");
        var stopping = first.StopAsync();
        await using var second = await StartAsync(store, ShortWait, "Agent=none");
        second.Expect(NobodyCame);

        await using var there = await JoinAsync("c2");
        await both.ReadAsync("disconnect");

        await using var too = await JoinAsync("c1");
        await stopping.WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task Stop_WhatTheNextIsAskedToStopAndDelete_IsNotLeftToTheFirst()
    {
        using var store = TempStore.Empty();
        await using var first = await StartAsync(store, LongWait, LongSpread, "Agent=echo");
        await using var one = await JoinAsync("c1");
        await using var two = await JoinAsync("c2");
        await two.EmitAsync(Actions.Message("hello"), wantsAck: true);
        await two.ReadAsync("ack");
        var stopping = first.StopAsync();
        await using var second = await StartAsync(store, ShortWait, "Agent=echo");
        second.Expect(NobodyCame);
        await first.Log.WaitForAsync("The next process listens").WaitAsync(TestLimits.Step);

        using var http = new HttpClient { BaseAddress = second.Address };
        using var stopped = await http.PostAsync(new Uri("/api/conversations/c1/stop", UriKind.Relative), null);
        (await stopped.Content.ReadAsStringAsync()).Should().Contain("stopped successfully");
        using var deleted = await http.DeleteAsync(new Uri("/api/conversations/c2", UriKind.Relative));
        (await deleted.Content.ReadAsStringAsync()).Should().Be("true");

        await one.ReadAsync("disconnect");
        await two.ReadAsync("disconnect");
        await stopping.WaitAsync(TestLimits.Step);
        store.Conversations().Should().Equal("c1");
    }

    /// <summary>The V1 bridge is one process's at a time: what V1 says while clients change over is stored once.</summary>
    [Fact]
    public async Task Stop_WithABridge_StoresEachEventOfV1Once()
    {
        await using var server = new StandInV1Server(V1Recording.Load("v1/hello").Log, V1Stage.Id)
        {
            HasSessionSocket = true,
            Version = "1.57.0",
        };
        await server.StartAsync();
        using var store = TempStore.Empty();
        string[] settings = ["Agent=v1", $"V1:BaseUrl={server.BaseUrl}", "V1:ReconnectDelay=00:00:00.050"];
        await using var first = await StartAsync(store, [LongWait, LongSpread, .. settings]);
        await using var one = await JoinAsync(V1Stage.Id);
        await one.EmitAsync(Actions.Message("Hi"), wantsAck: true);
        await one.ReadAsync("ack");

        // The answer to it comes while the conversation goes from one to the other.
        var stopping = first.StopAsync();
        await using var second = await StartAsync(store, [ShortWait, .. settings]);
        second.Expect(NobodyCame);
        await using var there = await JoinAsync(V1Stage.Id);
        await stopping;
        await Eventually.IsTrueAsync(() => store.Events(V1Stage.Id).Values.Any(IsAnswer), "the answer is stored");

        var events = store.Events(V1Stage.Id);
        events.Keys.Should().Equal(Enumerable.Range(0, events.Count));
        events.Values.Count(IsAnswer).Should().Be(1);
        Said(store, V1Stage.Id).Should().ContainSingle("the client's message is V1's event as well");

        static bool IsAnswer(JObject e) => (string?)e["source"] == "agent" && (string?)e["action"] == "message";
    }

    [Fact]
    public async Task Stop_WhereNobodyComes_LetsClientsGoAllTheSame()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, $"urls={_url}", "Engine:HandOverTime=00:00:00.100", "Agent=none");
        host.Expect(NobodyCame);
        await using var client = await JoinAsync("c1");

        await host.StopAsync();

        (await client.ReadAsync("disconnect"))["disconnect"].ToString().Should().Be("server shutdown");
        host.Log.Count(NobodyCame).Should().Be(1);
    }

    [Fact]
    public async Task Start_WhereTheAddressStaysInUse_FailsAfterItsTime()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, $"urls={_url}", "Agent=none");

        var starting = () => GatewayHost.StartAsync(store, $"urls={_url}", "Engine:HandOverTime=00:00:00.200", "Agent=none");

        (await starting.Should().ThrowAsync<IOException>()).WithInnerException<AddressInUseException>();
    }

    /// <summary>What the clients say in the end.</summary>
    private async Task<JObject> TakeTurnsAsync(Dictionary<string, string> settings)
    {
        Dictionary<string, string> environment = new(settings)
        {
            ["URLS"] = _url,
            ["Agent"] = "none",
            ["PERMITTED_CORS_ORIGINS"] = "http://localhost",
            ["Engine__HandOverTime"] = "00:00:30",
            ["Engine__StopSpread"] = s_spread.ToString("c", CultureInfo.InvariantCulture),
        };
        var gateway = await GatewayProcess.StartListeningAsync(new(environment));
        List<GatewayProcess> started = [gateway];
        try
        {
            await using var clients = await ManyClients.ConnectAsync(new Uri(_url), Clients, Conversations);
            for (var n = 0; n < 3; n++)
            {
                var next = GatewayProcess.Start(new(environment));
                started.Add(next);
                await next.WaitForLineAsync(" is in use");
                await gateway.TerminateAsync();
                await next.WaitForLineAsync("Listening on");
                (await gateway.ExitAsync()).Should().Be(0);
                (await gateway.OutputAsync()).Should().NotContain(static line => line.Contains(" WARN "))
                    .And.NotContain(static line => line.Contains(" ERROR "));
                gateway = next;
            }

            return await clients.EndAsync();
        }
        finally
        {
            foreach (var process in started)
            {
                await process.DisposeAsync();
            }
        }
    }

    private static async Task LostNothingAsync(JObject report, Func<string, Task<IEnumerable<JObject>>> logOf)
    {
        report.Value<int>("missing").Should().Be(0, "each client has all events of its conversation in the end: {0}", report);
        report.Value<int>("faults").Should().Be(0, "each client has seen each event once, in order");
        report.Value<int>("reconnects").Should().BeGreaterThanOrEqualTo(Clients, "each client was let go");
        var said = new List<string?>();
        for (var c = 0; c < Conversations; c++)
        {
            var events = (await logOf($"c{c}")).ToList();
            events.Select(static e => WireClientReading.IdOf(e))
                .Should().Equal(Enumerable.Range(0, events.Count).Select(static id => (int?)id), "no id is left out");
            said.AddRange(Said(events));
        }

        said.Should().OnlyHaveUniqueItems()
            .And.Contain(report["acknowledged"]!.Values<string>());
    }

    private Task<GatewayHost> StartAsync(TempStore store, params string[] settings) =>
        GatewayHost.StartAsync(store, [$"urls={_url}", .. settings]);

    private async Task<HandWrittenClient> JoinAsync(string conversation)
    {
        var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(new Uri(_url), conversation));
        await client.ReadAsync("connect");
        return client;
    }

    private static IEnumerable<string?> Said(TempStore store, string conversation) => Said(store.Events(conversation).Values);

    private static IEnumerable<string?> Said(IEnumerable<JObject> events) => events
        .Where(static e => (string?)e["source"] == "user").Select(static e => (string?)e["args"]?["content"]);
}
