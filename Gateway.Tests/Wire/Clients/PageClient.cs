using System.Threading.Channels;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>socket.io-client in a page of a browser, driven through the DevTools protocol. Owns the page.</summary>
internal sealed class PageClient : IWireClient
{
    private readonly Channel<Observation> _seen = Channel.CreateUnbounded<Observation>();
    private readonly Func<Visit, JObject> _connectCommand;
    private readonly DevTools _devTools;
    private string _target = "";
    private string _session = "";

    private PageClient(Func<Visit, JObject> connectCommand)
    {
        _connectCommand = connectCommand;
        _devTools = new DevTools(OnEvent);
    }

    public ChannelReader<Observation> Seen => _seen.Reader;

    /// <summary>What the page's network panel shows, from <see cref="WatchNetworkAsync"/> on.</summary>
    public NetworkPanel Network { get; } = new();

    public static async Task<PageClient> OpenAsync(Uri devTools, Uri page, Func<Visit, JObject> connectCommand)
    {
        var client = new PageClient(connectCommand);
        await client._devTools.ConnectAsync(devTools);
        await client.LoadAsync(page);
        return client;
    }

    public Task ConnectAsync(Visit visit) => CommandAsync(_connectCommand(visit));

    public Task EmitAsync(JObject action, bool wantsAck = false) => CommandAsync(DriverCommands.Emit(action, wantsAck));

    public Task LeaveAsync() => CommandAsync(new JObject { ["do"] = "leave" });

    public Task WatchNetworkAsync() => _devTools.CallAsync("Network.enable", [], _session);

    /// <summary>The panel's content as the browser exports it.</summary>
    public Task<JObject> ExportHarAsync() => Network.ExportAsync(requestId => _devTools.CallAsync("Network.getResponseBody", new JObject { ["requestId"] = requestId }, _session));

    public async ValueTask DisposeAsync()
    {
        await _devTools.CallAsync("Target.closeTarget", new JObject { ["targetId"] = _target });
        await _devTools.DisposeAsync();
        _seen.Writer.TryComplete();
    }

    private async Task CommandAsync(JObject command) => await _devTools.CallAsync(
        "Runtime.evaluate", new JObject { ["expression"] = $"window.run({command.ToString(Formatting.None)})" }, _session);

    private async Task LoadAsync(Uri page)
    {
        var created = await _devTools.CallAsync("Target.createTarget", new JObject { ["url"] = "about:blank" });
        _target = created.Value<string>("targetId") ?? "";
        var attached = await _devTools.CallAsync("Target.attachToTarget", new JObject { ["targetId"] = _target, ["flatten"] = true });
        _session = attached.Value<string>("sessionId") ?? "";
        await _devTools.CallAsync("Runtime.enable", [], _session);
        await _devTools.CallAsync("Runtime.addBinding", new JObject { ["name"] = "report" }, _session);
        await _devTools.CallAsync("Page.navigate", new JObject { ["url"] = page.ToString() }, _session);
        var ready = await Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
        ready.On.Should().Be("ready");
    }

    private void OnEvent(string method, JObject parameters)
    {
        Network.Note(method, parameters);
        if (method == "Runtime.bindingCalled")
        {
            _seen.Writer.TryWrite(Observation.Of((JObject)WireJson.Parse(parameters.Value<string>("payload") ?? "")));
        }
        else if (method == "Runtime.exceptionThrown")
        {
            _seen.Writer.TryWrite(new Observation("exception", parameters));
        }
    }
}
