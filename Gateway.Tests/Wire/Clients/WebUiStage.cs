using System.Text;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// A gateway with the echo agent, an empty store, a git workspace and the tests' own web UI, and a page of a browser that is to be loaded
/// from it. Owned by one test.
/// </summary>
internal sealed class WebUiStage : IAsyncDisposable
{
    private readonly TempStore _store = TempStore.Empty();
    private readonly WebUiFolder _folder = new();
    private GatewayHost? _host;
    private NginxProxy? _nginx;
    private WebUiPage? _page;

    public TestWorkspace Workspace { get; } = new();

    public WebUiPage Page => _page ?? throw new InvalidOperationException("The stage has not been started.");

    /// <param name="hasSettings">Whether a page has saved some earlier: without, V0 starts no conversation.</param>
    /// <param name="prefixAtNginx">Null for no nginx; empty for one without a prefix.</param>
    public static async Task<WebUiStage> StartAsync(Chromium chromium, bool hasSettings = true, string? prefixAtNginx = null)
    {
        var stage = new WebUiStage();
        await stage.Workspace.ShellAsync("git init -q && git commit -q --allow-empty -m first");
        var port = NginxProxy.FreePort();
        var publicUrl = string.IsNullOrEmpty(prefixAtNginx) ? "" : $"http://127.0.0.1:{port}{prefixAtNginx}";
        stage._host = await GatewayHost.StartAsync(
            stage._store, "Agent=echo", "Echo:StepDelay=00:00:00.010", "HttpApi:RateLimit=false", stage.Workspace.Setting,
            $"Web:Root={stage._folder.Root}", $"HttpApi:PublicUrl={publicUrl}");
        var address = stage._host.Address;
        if (prefixAtNginx is not null)
        {
            stage._nginx = await NginxProxy.StartAsync(address, new Uri("http://127.0.0.1:9"), port);
            address = stage._nginx.Address;
        }

        if (hasSettings)
        {
            await SaveSettingsAsync(stage._host.Address);
        }

        stage._page = new WebUiPage(await chromium.OpenPageAsync(), address);
        return stage;
    }

    /// <summary>As the first form of V0's web UI sends them.</summary>
    public static JObject Settings() =>
        new()
        {
            ["llm_model"] = "openhands/claude-sonnet-4-20250514",
            ["agent"] = "CodeActAgent",
            ["language"] = "en",
            ["llm_api_key"] = "sk-of-the-test",
            ["user_consents_to_analytics"] = false,
            ["condenser_max_size"] = 120,
        };

    public async ValueTask DisposeAsync()
    {
        if (_page is not null)
        {
            await _page.DisposeAsync();
        }

        if (_nginx is not null)
        {
            await _nginx.DisposeAsync();
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Workspace.Dispose();
        _folder.Dispose();
        _store.Dispose();
    }

    private static async Task SaveSettingsAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = TestLimits.Step };
        using var body = new StringContent(Settings().ToString(), Encoding.UTF8, "application/json");
        (await http.PostAsync("/api/settings", body)).EnsureSuccessStatusCode();
    }
}
