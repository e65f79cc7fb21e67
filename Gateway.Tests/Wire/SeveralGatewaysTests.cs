using System.Diagnostics;

using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>Gateways that share a database: a conversation looks the same at each of them, and has one agent.</summary>
public sealed class SeveralGatewaysTests : IAsyncLifetime
{
    private NodesStage _stage = null!; // Set before each test.

    public async Task InitializeAsync() => _stage = await NodesStage.CreateAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task Message_AtAnotherGatewayThanTheAgents_IsAnsweredOnceAndSeenAlikeByAll()
    {
        await using var a = await _stage.StartAsync();
        await using var b = await _stage.StartAsync();
        await using var c = await _stage.StartAsync();
        await using var first = await NodeClient.ConnectAsync(a.Address);
        await using var second = await NodeClient.ConnectAsync(b.Address);
        await using var third = await NodeClient.ConnectAsync(c.Address);

        var turns = 0;
        for (var n = 0; n < 3; n++)
        {
            foreach (var client in new[] { second, first, third })
            {
                (await client.SayAsync($"m{n}")).Should().Be("[]");
                turns++;
                await Task.WhenAll(new[] { first, second, third }.Select(one => one.UntilAnsweredAsync(turns)));
            }
        }

        var log = await _stage.LogAsync();
        log.Count(NodeClient.IsEcho).Should().Be(9);
        foreach (var client in new[] { first, second, third })
        {
            NodeClient.IdsOf(client.Events).Should().Equal(NodeClient.IdsOf(log));
        }

        (await _stage.EpochAsync()).Should().Be(1);
    }

    [Fact]
    public async Task Send_WithoutId_IsShownAtEveryGatewayOnce()
    {
        await using var a = await _stage.StartAsync();
        await using var b = await _stage.StartAsync();
        await using var c = await _stage.StartAsync();
        await using var first = await NodeClient.ConnectAsync(a.Address);
        await using var second = await NodeClient.ConnectAsync(b.Address);

        foreach (var (gateway, text) in new[] { (a, "by a"), (b, "by b"), (c, "by c"), (a, "last") })
        {
            (await Service(gateway).SendAsync(TestStore.Key(NodesStage.Conversation), Status(text), CancellationToken.None))
                .Should().BeTrue();
            foreach (var client in new[] { first, second })
            {
                await client.UntilEventAsync(e => (string?)e["message"] == text);
            }
        }

        foreach (var client in new[] { first, second })
        {
            client.Others.Select(static e => (string?)e["message"]).Where(static text => text is "last" || text?.StartsWith("by") == true)
                .Should().Equal("by a", "by b", "by c", "last");
        }

        (await Service(c).RenameAsync(TestStore.Key(NodesStage.Conversation), "A new title", CancellationToken.None)).Should().BeTrue();
        await first.UntilEventAsync(static e => (string?)e["conversation_title"] == "A new title");
        await second.UntilEventAsync(static e => (string?)e["conversation_title"] == "A new title");
    }

    [Fact]
    public async Task Send_BeforeAnybodyIsThere_WaitsForTheFirstClientAtWhicheverGateway()
    {
        await using var a = await _stage.StartAsync();
        await using var b = await _stage.StartAsync();
        await using var c = await _stage.StartAsync();
        var key = TestStore.Key(NodesStage.Conversation);
        using var nobody = new NullLoggerFactory();
        var opened = await Service(a).OpenAsync(key, createUnknown: true, nobody.CreateLogger(""), CancellationToken.None);
        opened.Session!.Start(byServer: true);
        foreach (var text in new[] { "one", "two" })
        {
            (await Service(a).SendAsync(key, Status(text), CancellationToken.None)).Should().BeTrue();
        }

        await Eventually.IsTrueAsync(
            async () => await _stage.Database.ExecuteAsync("SELECT count(*) FROM gateway.messages WHERE kind = 'Wait'") is >= 2L,
            "it is said to the other gateways");
        await using var first = await NodeClient.ConnectAsync(b.Address);
        await first.UntilEventAsync(static e => (string?)e["message"] == "two");
        await Eventually.IsTrueAsync(
            async () => await _stage.Database.ExecuteAsync("SELECT count(*) FROM gateway.messages WHERE kind = 'Joined'") is >= 1L,
            "the other gateways are told that somebody is there");
        await using var second = await NodeClient.ConnectAsync(c.Address);
        (await second.SayAsync("hello")).Should().Be("[]");
        await using var third = await NodeClient.ConnectAsync(a.Address);
        (await Service(a).SendAsync(key, Status("three"), CancellationToken.None)).Should().BeTrue();
        foreach (var client in new[] { first, second, third })
        {
            await client.UntilEventAsync(static e => (string?)e["message"] == "three");
        }

        Texts(first).Should().Equal("one", "two", "three");
        Texts(second).Should().Equal("three");
        Texts(third).Should().Equal("three");
        opened.Session.Release();

        static IEnumerable<string?> Texts(NodeClient client) =>
            client.Others.Select(static e => (string?)e["message"]).Where(static text => text is "one" or "two" or "three");
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("delete")]
    [InlineData("close")]
    public async Task End_ByAnyGateway_EndsItAtAll(string how)
    {
        await using var a = await _stage.StartAsync();
        await using var b = await _stage.StartAsync();
        await using var c = await _stage.StartAsync();
        await using var first = await NodeClient.ConnectAsync(a.Address);
        await using var second = await NodeClient.ConnectAsync(b.Address);
        await first.SayAsync("hello");
        await second.UntilAnsweredAsync(1);

        var service = Service(c);
        var key = TestStore.Key(NodesStage.Conversation);
        var wasThere = how switch
        {
            "stop" => await service.StopAsync(key),
            "delete" => await service.DeleteAsync(key, CancellationToken.None),
            _ => await service.CloseAsync(key, SessionCloseReason.TooManyConversations, CancellationToken.None),
        };

        wasThere.Should().BeTrue();
        await first.UntilGoneAsync();
        await second.UntilGoneAsync();
        foreach (var client in new[] { first, second })
        {
            client.Others.Any(static e => (string?)e["id"] == TransientMessages.TooManyConversations).Should().Be(how == "close");
        }

        if (how == "delete")
        {
            (await _stage.Database.ExecuteAsync("SELECT count(*) FROM gateway.conversations")).Should().Be(0L);
            return;
        }

        await using var again = await NodeClient.ConnectAsync(b.Address);
        (await again.SayAsync("again")).Should().Be("[]");
        await again.UntilAnsweredAsync(2);
    }

    [Fact]
    public async Task Stop_OfTheGatewayWithTheAgent_IsGoneOnWithAtOnceByAnother()
    {
        await using var a = await _stage.StartAsync("Storage:Postgres:LeaseTime=00:10:00");
        await using var b = await _stage.StartAsync("Storage:Postgres:LeaseTime=00:10:00");
        await using var first = await NodeClient.ConnectAsync(a.Address);
        await using var second = await NodeClient.ConnectAsync(b.Address);
        await first.SayAsync("one");
        await second.UntilAnsweredAsync(1);

        await a.StopAsync();
        (await second.SayAsync("two")).Should().Be("[]");

        await second.UntilAnsweredAsync(2);
        NodeClient.IdsOf(second.Events).Should().Equal(NodeClient.IdsOf(await _stage.LogAsync()));
        (await _stage.EpochAsync()).Should().Be(2);
    }

    [Fact]
    public async Task Kill_OfTheGatewayWithTheAgent_LosesNothingThatWasAcknowledged()
    {
        await using var b = await _stage.StartAsync("Storage:Postgres:LeaseTime=00:00:03");
        for (var round = 0; round < 3; round++)
        {
            var conversation = $"shared{round}";
            var acknowledged = new List<string>();
            await using var a = await _stage.StartProcessAsync();
            await using var first = await NodeClient.ConnectAsync(a.Address, conversation: conversation);
            await using var second = await NodeClient.ConnectAsync(b.Address, conversation: conversation);
            for (var n = 0; n < 5; n++)
            {
                await SayAsync(first, $"a{n}", acknowledged);
                await SayAsync(second, $"b{n}", acknowledged);
            }

            (await _stage.EpochAsync(conversation)).Should().Be(1);
            await first.SendAsync("on the way");
            await a.KillAsync();
            await SayAsync(second, "after", acknowledged);

            // It was stored while the agent was nobody's, and the agent hears of it where it is next.
            await second.UntilEventAsync(e => NodeClient.IsEcho(e) && Text(e)?.Contains("after", StringComparison.Ordinal) == true);
            (await _stage.EpochAsync(conversation)).Should().Be(2);
            var log = await _stage.LogAsync(conversation);
            log.Select(static e => WireClientReading.IdOf(e)).Should().Equal(Enumerable.Range(0, log.Count).Select(static id => (int?)id));
            acknowledged.Should().HaveCount(11);
            acknowledged.Should().AllSatisfy(
                text => log.Count(e => Text(e) == text && (string?)e["source"] == "user").Should().Be(1));
            NodeClient.IdsOf(second.Events).Should().Equal(NodeClient.IdsOf(log.Take(second.Events[^1].Value<int>("id") + 1)));
        }

        static async Task SayAsync(NodeClient client, string text, List<string> acknowledged)
        {
            (await client.SayAsync(text)).Should().Be("[]");
            acknowledged.Add(text);
        }
    }

    [Fact]
    public async Task Pause_OfTheGatewayWithTheAgentPastItsLease_LetsItAppendNothingAfterwards()
    {
        await using var b = await _stage.StartAsync("Storage:Postgres:LeaseTime=00:00:03");
        await using var a = await _stage.StartProcessAsync(new() { ["Echo__StepDelay"] = "00:00:01" });
        await using var first = await NodeClient.ConnectAsync(a.Address);
        await using var second = await NodeClient.ConnectAsync(b.Address);
        (await first.SayAsync("one")).Should().Be("[]");
        await first.UntilEventAsync(static e => (string?)e["extras"]?["agent_state"] == "running");

        // In the middle of its turn.
        await a.SignalAsync("STOP");
        (await second.SayAsync("two")).Should().Be("[]");
        await second.UntilAnsweredAsync(1);
        await a.SignalAsync("CONT");
        (await first.SayAsync("three")).Should().Be("[]", "whoever has the agent");
        await Task.WhenAll(first.UntilAnsweredAsync(2), second.UntilAnsweredAsync(2));
        var log = await _stage.LogAsync();
        log.Select(static e => WireClientReading.IdOf(e)).Should().Equal(Enumerable.Range(0, log.Count).Select(static id => (int?)id));
        log.Where(static e => (string?)e["source"] == "user" && (string?)e["action"] == "message").Select(Text)
            .Should().Equal("one", "two", "three");
        log.Count(NodeClient.IsEcho).Should().Be(2, "the turn of the first message ended with its gateway's lease");
        NodeClient.IdsOf(first.Events).Should().Equal(NodeClient.IdsOf(second.Events)).And.Equal(NodeClient.IdsOf(log));
        (await _stage.EpochAsync()).Should().Be(2);
    }

    [Fact]
    public async Task Action_AtAnotherGatewayThanTheAgents_IsStoredThereAndReadOnceForAllClients()
    {
        const int Clients = 10;
        var reads = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Npgsql",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (_stage.Database.ConnectionString.Contains($"{activity.GetTagItem("db.namespace")}", StringComparison.Ordinal)
                    && $"{activity.GetTagItem("db.query.text")}".Contains("octet_length", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref reads);
                }
            },
        };
        await using var a = await _stage.StartAsync("Agent=none");
        await using var b = await _stage.StartAsync("Agent=none");
        await using var owner = await NodeClient.ConnectAsync(a.Address);
        await using var sender = await NodeClient.ConnectAsync(b.Address);
        var clients = new List<NodeClient>();
        for (var n = 0; n < Clients; n++)
        {
            clients.Add(await NodeClient.ConnectAsync(a.Address));
        }

        (await sender.SayAsync("first")).Should().Be("[]");
        await Task.WhenAll(clients.Select(static client => client.UntilEventAsync(static e => Text(e) == "first")));
        ActivitySource.AddActivityListener(listener);
        (await sender.SayAsync("second")).Should().Be("[]");
        await Task.WhenAll(clients.Select(static client => client.UntilEventAsync(static e => Text(e) == "second")));

        reads.Should().BeInRange(1, 2);
        (await _stage.Database.ExecuteAsync("SELECT count(*) FROM gateway.messages WHERE kind IN ('Action', 'Ended')")).Should().Be(0L);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    private static ConversationService Service(GatewayHost gateway) => gateway.Services.GetRequiredService<ConversationService>();

    private static JObject Status(string text) => TransientMessages.StatusUpdate("info", "STATUS$READY", text);

    private static string? Text(JObject json) => (string?)json["args"]?["content"];
}
