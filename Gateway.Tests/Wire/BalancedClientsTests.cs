using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>Clients behind nginx with several gateways, by the configuration in <c>Gateway/deploy</c> and its variants.</summary>
public sealed class BalancedClientsTests : IAsyncLifetime
{
    private NodesStage _stage = null!; // Set before each test.

    public async Task InitializeAsync() => _stage = await NodesStage.CreateAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    /// <summary>By turns every request of a polling client gets to another gateway than the one before.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData("conversation", false)]
    [InlineData("address", false)]
    public async Task Clients_OfEveryTransport_HaveAConversation(string? balancing, bool passesOn)
    {
        await using var a = await StartAsync(passesOn);
        await using var b = await StartAsync(passesOn);
        await using var c = await StartAsync(passesOn);
        await using var nginx = await NginxProxy.StartSeveralAsync([a.Address, b.Address, c.Address], balancing);
        var clients = new List<IWireClient>();
        try
        {
            foreach (var transports in new[] { new JArray("polling"), new JArray("polling", "websocket"), new JArray("websocket") })
            {
                clients.Add(DriverClient.Node(visit => DriverCommands.JavaScriptConnect(visit, new JObject
                {
                    ["transports"] = transports,
                    ["reconnection"] = false,
                })));
                await clients[^1].ConnectAsync(new Visit(nginx.Address, NodesStage.Conversation));
                await clients[^1].ReadAsync(transports.Count == 2 ? ["connect", "upgrade"] : ["connect"]);
            }

            for (var n = 0; n < 4; n++)
            {
                await clients[n % 3].EmitAsync(Actions.Message($"m{n}"));
                foreach (var client in clients)
                {
                    await client.ReadTurnAsync();
                }
            }
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
    }

    /// <summary>Why the file offers no hash of the sid: the gateway makes it after nginx has chosen the gateway.</summary>
    [Fact]
    public async Task Polling_ByTurnsWithoutPassingOn_IsLost()
    {
        await using var a = await StartAsync(passesOn: false);
        await using var b = await StartAsync(passesOn: false);
        await using var c = await StartAsync(passesOn: false);
        await using var nginx = await NginxProxy.StartSeveralAsync([a.Address, b.Address, c.Address]);
        var sid = await RawEngineClient.OpenPollingAsync(nginx.Address.Port, "/socket.io/");

        var answers = new List<int>();
        for (var n = 0; n < 3; n++)
        {
            answers.Add((await RawEngineClient.PostAsync(nginx.Address.Port, sid, "3", "/socket.io/")).Status);
        }

        answers.Should().BeEquivalentTo([200, 400, 400]);
    }

    [Fact]
    public async Task Handshake_WhileOneGatewayStopsAndAnotherIsGone_IsTakenByTheThird()
    {
        await using var a = await StartAsync(passesOn: true, "Engine:StopSpread=00:00:30");
        await using var b = await StartAsync(passesOn: true);
        await using var c = await StartAsync(passesOn: true);
        await using var nginx = await NginxProxy.StartSeveralAsync([a.Address, b.Address, c.Address]);
        using var held = await RawEngineClient.OpenAsync(a.Address.Port, "/socket.io/");
        await b.StopAsync();
        var stopping = a.StopAsync();

        for (var n = 0; n < 6; n++)
        {
            using var client = await RawEngineClient.OpenAsync(nginx.Address.Port, "/socket.io/");
            var sid = await RawEngineClient.OpenPollingAsync(nginx.Address.Port, "/socket.io/");
            (await RawEngineClient.PostAsync(nginx.Address.Port, sid, "3", "/socket.io/")).Status.Should().Be(200);
        }

        await held.SendFrameAsync(RawEngineClient.Close, Array.Empty<byte>());
        await stopping;
    }

    private Task<GatewayHost> StartAsync(bool passesOn, params string[] settings) =>
        passesOn ? _stage.StartPassingOnAsync(settings) : _stage.StartAsync(settings);
}
