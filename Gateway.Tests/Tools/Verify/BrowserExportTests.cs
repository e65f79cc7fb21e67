using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Verify;

/// <summary>A session saved from a browser's developer tools is a fixture as it is.</summary>
public sealed class BrowserExportTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData("websocket")]
    [InlineData("polling", "websocket")]
    [InlineData("polling")]
    public async Task Verify_AHarOfTheNetworkPanel_IsEqual(params string[] transports)
    {
        using var store = TempStore.Empty();
        using var folder = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Agent=echo");
        await using var page =
            await chromium.OpenAsync(visit =>
                DriverCommands.JavaScriptConnect(visit, new JObject { ["transports"] = new JArray(transports) }));
        await page.WatchNetworkAsync();

        await page.ConnectAsync(new Visit(host.Address, "seen-in-a-browser"));
        await page.ReadAsync(transports.Length > 1 ? ["connect", "upgrade"] : ["connect"]);
        await page.EmitAsync(Actions.Message("Say it back"), wantsAck: true);
        await page.ReadTurnAsync();
        await page.LeaveAsync();
        await page.ReadAsync("disconnect");
        File.WriteAllText(folder.PathOf("localhost.har"), (await page.ExportHarAsync()).ToString());

        var result = await Verification.InProcessAsync(folder.PathOf("localhost.har"));
        result.ShouldBeEqual();
        result.Connections.Should().Be(1);
        result.Frames.Should().BeGreaterThan(8);
    }
}
