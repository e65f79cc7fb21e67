using Gateway.Tests.Support;

namespace Gateway.Tests.Hosting.Settings;

public sealed class KestrelLimitsTests
{
    [Fact]
    public async Task Start_ALimitOfKestrelInTheSettings_Holds()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Kestrel:Limits:MaxConcurrentUpgradedConnections=0");
        using var client = await RawEngineClient.ConnectAsync(host.Address.Port);

        var response = await client.UpgradeAsync("/socket.io/?EIO=4&transport=websocket");

        response.Status.Should().Be(503);
    }
}
