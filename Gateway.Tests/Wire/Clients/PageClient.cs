using System.Threading.Channels;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>socket.io-client in a page of a browser. Owns the page.</summary>
internal sealed class PageClient : IWireClient
{
    private readonly Func<Visit, JObject> _connectCommand;
    private readonly BrowserPage _page;

    private PageClient(BrowserPage page, Func<Visit, JObject> connectCommand)
    {
        _page = page;
        _connectCommand = connectCommand;
    }

    public ChannelReader<Observation> Seen => _page.Seen;

    /// <summary>What the page's network panel shows, from <see cref="WatchNetworkAsync"/> on.</summary>
    public NetworkPanel Network => _page.Network;

    public static async Task<PageClient> OpenAsync(Uri devTools, Uri page, Func<Visit, JObject> connectCommand)
    {
        var client = new PageClient(await BrowserPage.OpenAsync(devTools), connectCommand);
        await client._page.NavigateAsync(page);
        return client;
    }

    public Task ConnectAsync(Visit visit) => _page.RunAsync(_connectCommand(visit));

    public Task EmitAsync(JObject action, bool wantsAck = false) => _page.RunAsync(DriverCommands.Emit(action, wantsAck));

    public Task LeaveAsync() => _page.RunAsync(new JObject { ["do"] = "leave" });

    public Task WatchNetworkAsync() => _page.CallAsync("Network.enable");

    /// <summary>The panel's content as the browser exports it.</summary>
    public Task<JObject> ExportHarAsync() =>
        Network.ExportAsync(requestId => _page.CallAsync("Network.getResponseBody", new JObject { ["requestId"] = requestId }));

    public ValueTask DisposeAsync() => _page.DisposeAsync();
}
