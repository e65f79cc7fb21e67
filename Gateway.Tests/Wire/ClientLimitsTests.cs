using System.Diagnostics.Metrics;

using Gateway.EngineIO.Sessions;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

using SocketIOClient.Transport;

namespace Gateway.Tests.Wire;

/// <summary>What a client beyond a limit is told, and that it is counted, while others are served.</summary>
public sealed class ClientLimitsTests : IDisposable
{
    private const string Polling = "/socket.io/?EIO=4&transport=polling&conversation_id=c1";
    private const string WebSocket = "/socket.io/?EIO=4&transport=websocket&conversation_id=c1";

    private readonly TempStore _store = TempStore.Empty();

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData("Engine:MaxSessionsPerAddress=1", "sessions_of_address", "has too many sessions")]
    [InlineData("Engine:ConnectsPerSecond=0.001", "connects_of_address", "opens too many sessions")]
    public async Task Address_BeyondItsLimit_Is429WithTheReasonAndOthersAreServed(string setting, string limit, string reason)
    {
        await using var host = await GatewayHost.StartAsync(_store, setting, "Engine:ConnectBurst=1");
        using var counted = Count(host);
        using var first = await OpenAsync(host, "198.51.100.7");

        foreach (var target in new[] { Polling, WebSocket })
        {
            using var second = await RawEngineClient.ConnectAsync(host.Address.Port);
            var answer = target == Polling
                ? await second.RequestAsync("GET", target, headers: "X-Forwarded-For: 198.51.100.7")
                : await second.UpgradeAsync(target, "X-Forwarded-For: 198.51.100.7");
            answer.Status.Should().Be(429);
            answer.Header("Retry-After").Should().Be("5");
            answer.Text.Should().Contain(reason);
        }

        counted[$"gateway.engine.requests.refused {limit}"].Should().Be(2);
        using var other = await OpenAsync(host, "198.51.100.8");
    }

    [Fact]
    public async Task Address_OfTheSameIPv6Network_IsOneClient()
    {
        await using var host = await GatewayHost.StartAsync(_store, "Engine:MaxSessionsPerAddress=1");
        using var first = await OpenAsync(host, "2001:db8:1:2::1");
        using var second = await RawEngineClient.ConnectAsync(host.Address.Port);

        (await second.UpgradeAsync(WebSocket, "X-Forwarded-For: 2001:db8:1:2::2")).Status.Should().Be(429);
        using var other = await OpenAsync(host, "2001:db8:1:3::1");
    }

    [Fact]
    public async Task Address_WhoseSessionHasEnded_MayOpenAnother()
    {
        await using var host = await GatewayHost.StartAsync(_store, "Engine:MaxSessionsPerAddress=1");
        (await OpenAsync(host, "198.51.100.7")).Dispose();
        await Eventually.IsTrueAsync(
            () => host.Services.GetRequiredService<SessionRegistry>().Count == 0, "the session has ended");

        using var second = await OpenAsync(host, "198.51.100.7");
    }

    [Fact]
    public async Task Sessions_BeyondAll_Are503WithTheTimeToWait()
    {
        await using var host = await GatewayHost.StartAsync(_store, "Engine:MaxSessions=1");
        using var counted = Count(host);
        using var first = await OpenAsync(host, "198.51.100.7");
        using var second = await RawEngineClient.ConnectAsync(host.Address.Port);

        var answer = await second.UpgradeAsync(WebSocket);

        answer.Status.Should().Be(503);
        answer.Header("Retry-After").Should().Be("5");
        counted["gateway.engine.requests.refused full"].Should().Be(1);
    }

    [Fact]
    public async Task Conversation_WithTooManyClients_RefusesTheNextUntilOneLeaves()
    {
        await using var host = await GatewayHost.StartAsync(_store, "Conversations:MaxClientsPerConversation=1");
        using var counted = Count(host);
        await using var first = new HandWrittenClient([]);
        await using var second = new HandWrittenClient([]);
        await using var other = new HandWrittenClient([]);
        await first.ConnectAsync(new Visit(host.Address, "c1"));
        await first.ReadAsync("connect");

        await second.ConnectAsync(new Visit(host.Address, "c1"));
        await other.ConnectAsync(new Visit(host.Address, "c2"));

        const string reason = "The conversation has too many clients; close some of them";
        (await second.ReadAsync("refused"))["refused"].ToString().Should().Be(reason);
        await other.ReadAsync("connect");
        counted["gateway.conversation.connect.duration too_many_clients_of_conversation"].Should().Be(1);
        await first.LeaveAsync();
        await Eventually.IsTrueAsync(
            () => IsLetInAsync(new Visit(host.Address, "c1")), "the server hears of the first one's leaving beside this");
    }

    [Fact]
    public async Task User_WithTooManyClients_IsRefusedAndAnotherUserIsNot()
    {
        await using var server = await StandInAccessServer.StartAsync();
        await using var host = await GatewayHost.StartAsync(
            _store, "Conversations:MaxClientsPerUser=1", "Access:Mode=Forward", $"Access:Forward:Address={server.Url}");
        await using var ann = new CSharpClient(TransportProtocol.WebSocket);
        await using var annAgain = new CSharpClient(TransportProtocol.WebSocket);
        await using var bob = new CSharpClient(TransportProtocol.WebSocket);
        await ann.ConnectAsync(new Visit(host.Address, "c1") { Token = "ann" });
        await ann.ReadAsync("connect");

        await annAgain.ConnectAsync(new Visit(host.Address, "c2") { Token = "ann" });
        await bob.ConnectAsync(new Visit(host.Address, "c1") { Token = "bob" });

        (await annAgain.ReadAsync("refused"))["refused"].ToString().Should().Be("You have too many clients; close some of them");
        await bob.ReadAsync("connect");
    }

    [Fact]
    public async Task Client_WithTooManyActions_IsToldForEachAndStaysConnected()
    {
        await using var host = await GatewayHost.StartAsync(
            _store, "Conversations:ActionsPerSecond=0.001", "Conversations:ActionBurst=2");
        using var counted = Count(host);
        await using var client = new HandWrittenClient([]);
        await using var other = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(host.Address, "c1"));
        await client.ReadAsync("connect");
        await other.ConnectAsync(new Visit(host.Address, "c1"));
        await other.ReadAsync("connect");

        var answers = new List<JToken>();
        for (var n = 0; n < 4; n++)
        {
            await client.EmitAsync(Actions.Message($"message {n}"), wantsAck: true);
            answers.Add((await client.ReadAsync("ack"))["ack"]);
        }

        answers.Select(static answer => answer.ToString().Contains("too many actions", StringComparison.Ordinal))
            .Should().Equal(false, false, true, true);
        counted["gateway.conversation.actions.limited"].Should().Be(2);
        await other.EmitAsync(Actions.Message("mine"), wantsAck: true);
        (await other.ReadAsync("ack"))["ack"].ToString().Should().NotContain("too many");
        _store.Events("c1").Values.Select(static stored => stored["args"]?.Value<string>("content"))
            .Should().Equal("message 0", "message 1", "mine");
    }

    private static async Task<bool> IsLetInAsync(Visit visit)
    {
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(visit);
        while (await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step) is { On: not "refused" } seen)
        {
            if (seen.On == "connect")
            {
                return true;
            }
        }

        return false;
    }

    private static CountedMeasurements Count(GatewayHost host) => new(host.Services.GetRequiredService<IMeterFactory>());

    private static Task<RawEngineClient> OpenAsync(GatewayHost host, string address) => RawEngineClient.OpenAsync(
        host.Address.Port, "/socket.io/", "&conversation_id=c1", receiveBuffer: null, $"X-Forwarded-For: {address}");
}
