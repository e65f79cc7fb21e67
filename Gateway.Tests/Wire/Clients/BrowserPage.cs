using System.Collections.Concurrent;
using System.Threading.Channels;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// A page of a browser, driven through the DevTools protocol: it is told by its function <c>run</c>, and tells by its binding
/// <c>report</c>. Owns the page. One test drives it; events come from one loop.
/// </summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private readonly Channel<Observation> _seen = Channel.CreateUnbounded<Observation>();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly DevTools _devTools;
    private string _target = "";
    private string _session = "";

    private BrowserPage() => _devTools = new DevTools(OnEvent);

    /// <summary>What the page has reported, and what it did not catch (<c>exception</c>).</summary>
    public ChannelReader<Observation> Seen => _seen.Reader;

    /// <summary>The warnings and errors of the page's console, with the address that they are about.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>What the page's network panel shows, from <see cref="CallAsync"/> of <c>Network.enable</c> on.</summary>
    public NetworkPanel Network { get; } = new();

    public static async Task<BrowserPage> OpenAsync(Uri devTools)
    {
        var page = new BrowserPage();
        await page._devTools.ConnectAsync(devTools);
        var created = await page._devTools.CallAsync("Target.createTarget", new JObject { ["url"] = "about:blank" });
        page._target = created.Value<string>("targetId") ?? "";
        var attached = await page._devTools.CallAsync(
            "Target.attachToTarget", new JObject { ["targetId"] = page._target, ["flatten"] = true });
        page._session = attached.Value<string>("sessionId") ?? "";
        await page.CallAsync("Runtime.enable");
        await page.CallAsync("Log.enable");
        await page.CallAsync("Runtime.addBinding", new JObject { ["name"] = "report" });
        return page;
    }

    public Task<JObject> CallAsync(string method, JObject? parameters = null) => _devTools.CallAsync(method, parameters ?? [], _session);

    /// <summary>Loads an address, and waits until the page says that it can be driven.</summary>
    public async Task NavigateAsync(Uri address)
    {
        await CallAsync("Page.navigate", new JObject { ["url"] = address.ToString() });
        while ((await Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step)).On != "ready")
        {
            // Of the page that stood there before.
        }
    }

    public Task RunAsync(JObject command) =>
        CallAsync("Runtime.evaluate", new JObject { ["expression"] = $"void window.run({command.ToString(Formatting.None)})" });

    public async ValueTask DisposeAsync()
    {
        await _devTools.CallAsync("Target.closeTarget", new JObject { ["targetId"] = _target });
        await _devTools.DisposeAsync();
        _seen.Writer.TryComplete();
    }

    private void OnEvent(string method, JObject parameters)
    {
        Network.Note(method, parameters);
        switch (method)
        {
            case "Runtime.bindingCalled":
                _seen.Writer.TryWrite(Observation.Of((JObject)WireJson.Parse(parameters.Value<string>("payload") ?? "")));
                break;
            case "Runtime.exceptionThrown":
                _seen.Writer.TryWrite(new Observation("exception", parameters));
                break;
            case "Runtime.consoleAPICalled" when parameters.Value<string>("type") is "error" or "warning":
                _complaints.Enqueue(parameters["args"]?.ToString(Formatting.None) ?? "");
                break;
            case "Log.entryAdded" when parameters["entry"] is JObject entry && entry.Value<string>("level") is "error" or "warning":
                _complaints.Enqueue($"{entry.Value<string>("text")} {entry.Value<string>("url")}");
                break;
        }
    }
}
