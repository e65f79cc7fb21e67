using System.Globalization;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// A page that does not know that it is tested, in a browser: looked at and used as a person does, by its elements, its keys and its
/// picture. Owns the browser's page. One test drives it.
/// </summary>
internal sealed class ForeignPage : IAsyncDisposable
{
    private readonly BrowserPage _page;

    private ForeignPage(BrowserPage page) => _page = page;

    /// <summary>The warnings and errors of the console, those of a Content-Security-Policy among them.</summary>
    public IReadOnlyCollection<string> Complaints => _page.Complaints;

    public static async Task<ForeignPage> OpenAsync(Chromium chromium, int width = 1180, int height = 760)
    {
        var page = new ForeignPage(await chromium.OpenPageAsync());
        await page._page.CallAsync("Page.enable");

        // Of another test: a browser's cookies know no port.
        await page._page.CallAsync("Network.clearBrowserCookies");
        await page._page.CallAsync("Page.addScriptToEvaluateOnNewDocument", new JObject
        {
            ["source"] = """addEventListener("load", () => report('{"on":"ready"}'));""",
        });
        await page.SizeAsync(width, height);
        return page;
    }

    /// <summary>Loads an address.</summary>
    public Task GoAsync(Uri address) => _page.NavigateAsync(address);

    /// <summary>Does something that loads another page, and waits for that.</summary>
    public async Task LeaveByAsync(string script)
    {
        await ReadAsync<string>($"(() => {{ {script}; return ''; }})()");
        while ((await _page.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step)).On != "ready")
        {
            // Of the page before.
        }
    }

    /// <summary>The value of an expression, or of the promise that it is.</summary>
    public async Task<T> ReadAsync<T>(string expression)
    {
        var answer = await _page.CallAsync(
            "Runtime.evaluate", new JObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true });
        answer.Should().NotContainKey("exceptionDetails", "{0} can be evaluated", expression);
        return answer["result"]!["value"]!.ToObject<T>()!;
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task UntilAsync(string condition)
    {
        var isTrue = ReadAsync<bool>(
            $"new Promise((done) => {{ const look = () => ({condition}) ? done(true) : setTimeout(look, 20); look(); }})");
        try
        {
            await isTrue.WaitAsync(TestLimits.Step);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The page still waits for {condition}.");
        }
    }

    public Task ClickAsync(string selector) =>
        ReadAsync<string>($"(() => {{ document.querySelector({JsonConvert.ToString(selector)}).click(); return ''; }})()");

    /// <summary>Types into the element that has the focus.</summary>
    public Task TypeAsync(string text) => _page.CallAsync("Input.insertText", new JObject { ["text"] = text });

    /// <summary>Presses a key, as <c>Tab</c> or <c>Enter</c>.</summary>
    public async Task PressAsync(string key, int code)
    {
        foreach (var type in new[] { "keyDown", "keyUp" })
        {
            var pressed = new JObject
            {
                ["type"] = type,
                ["key"] = key,
                ["code"] = key,
                ["windowsVirtualKeyCode"] = code,
            };
            if (type == "keyDown" && key is "Enter" or { Length: 1 })
            {
                pressed["text"] = key == "Enter" ? "\r" : key;
            }

            await _page.CallAsync("Input.dispatchKeyEvent", pressed);
        }
    }

    public Task SizeAsync(int width, int height) => _page.CallAsync("Emulation.setDeviceMetricsOverride", new JObject
    {
        ["width"] = width,
        ["height"] = height,
        ["deviceScaleFactor"] = 1,
        ["mobile"] = false,
    });

    public Task DarkAsync(bool isDark) => _page.CallAsync("Emulation.setEmulatedMedia", new JObject
    {
        ["features"] = new JArray(new JObject { ["name"] = "prefers-color-scheme", ["value"] = isDark ? "dark" : "light" }),
    });

    /// <summary>Writes the page's picture into the documentation, when that is asked for by <c>WRITE_DOCS=1</c>.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") is "1")
        {
            var picture = await _page.CallAsync("Page.captureScreenshot", new JObject { ["format"] = "png" });
            await File.WriteAllBytesAsync(
                Repository.PathOf("Gateway", "docs", name), Convert.FromBase64String(picture.Value<string>("data") ?? ""));
        }
    }

    /// <summary>The hosts that the page has asked for anything.</summary>
    public async Task<IReadOnlyList<string>> HostsAsync() =>
        await ReadAsync<string[]>(
            "[...new Set(performance.getEntries().map((e) => e.name).filter((n) => n.includes('://')).map((n) => new URL(n).host))]");

    public ValueTask DisposeAsync() => _page.DisposeAsync();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Complaints.Count} complaints");
}
