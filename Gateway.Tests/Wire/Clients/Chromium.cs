using System.Text.RegularExpressions;

using Gateway.Tests.Support;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// One headless Chromium for the tests that need it, started by the first, and the small web server its page comes from. The
/// page's origin is thus another than the gateway's, as a front end's is in development. Any thread.
/// </summary>
public sealed partial class Chromium : IAsyncLifetime
{
    private readonly Lazy<Task<(Uri DevTools, Uri Page)>> _started;
    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("gateway-chromium-");
    private ProcessRunner? _process;
    private WebApplication? _pages;

    public Chromium() => _started = new(StartAsync);

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>A client in a page of its own.</summary>
    internal async Task<PageClient> OpenAsync(Func<Visit, JObject> connectCommand)
    {
        var (devTools, page) = await _started.Value.WaitAsync(TestLimits.Slow);
        return await PageClient.OpenAsync(devTools, page, connectCommand);
    }

    /// <summary>A page of its own, empty as yet.</summary>
    internal async Task<BrowserPage> OpenPageAsync()
    {
        var (devTools, _) = await _started.Value.WaitAsync(TestLimits.Slow);
        return await BrowserPage.OpenAsync(devTools);
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        if (_pages is not null)
        {
            await _pages.DisposeAsync();
        }

        _profile.Delete(recursive: true);
    }

    private static async Task<WebApplication> ServePagesAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var pages = builder.Build();
        pages.Urls.Add("http://127.0.0.1:0");
        Serve("page.html", "text/html");
        Serve("driver.mjs", "text/javascript");
        Serve("socket.io.min.js", "text/javascript", "node_modules/socket.io-client/dist");
        await pages.StartAsync();
        return pages;

        void Serve(string name, string contentType, string folder = "") =>
            pages.MapGet($"/{name}", () => Results.File(Path.Combine(ClientPrograms.Folder, folder, name), contentType));
    }

    private async Task<(Uri DevTools, Uri Page)> StartAsync()
    {
        _pages = await ServePagesAsync();
        var page = new Uri(new Uri(_pages.Urls.Single()), "page.html");
        _process = ProcessRunner.Start(ClientPrograms.Chromium, [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", $"--user-data-dir={_profile.FullName}",
            "--remote-debugging-port=0", "about:blank"]);
        await foreach (var line in _process.ErrorLines.ReadAllAsync())
        {
            if (DevToolsLine().Match(line) is { Success: true } match)
            {
                return (new Uri(match.Groups[1].Value), page);
            }
        }

        throw new InvalidOperationException($"Chromium has ended. {_process.Errors}");
    }

    [GeneratedRegex(@"^DevTools listening on (ws://\S+)$")]
    private static partial Regex DevToolsLine();
}
