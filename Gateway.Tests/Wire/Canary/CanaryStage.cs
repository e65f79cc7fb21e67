using System.Net;
using System.Text;

using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.V1;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Canary;

/// <summary>
/// A stand-in V1 server, another gateway with an echo agent on its own store as the V0 server, and gateways between whose new conversations
/// go to one of the two. One test owns it; what a client shows is in nobody's log.
/// </summary>
internal sealed class CanaryStage : IAsyncDisposable
{
    public const string ClientKey = "the-clients-key";

    /// <summary>Marks a conversation as V1's, where the settings of <see cref="Marked"/> hold.</summary>
    public const string Header = "X-Canary";

    private const string V1Key = "the-key-of-v1";
    public const string UserSettings = """{"llm_model":"openai/gpt-4o","llm_api_key":"not-a-real-key"}""";

    private readonly List<GatewayHost> _gateways = [];

    private CanaryStage(StandInV1Server v1) => V1 = v1;

    public StandInV1Server V1 { get; }

    public GatewayHost? V0 { get; private set; }

    public TempStore V0Store { get; } = WithSettings();

    public TempStore Store { get; } = WithSettings();

    public static string Marked => $"Migration:Route:Header={Header}";

    /// <param name="hasV0">Whether the V0 server runs.</param>
    public static async Task<CanaryStage> StartAsync(bool hasV0)
    {
        var v1 = new StandInV1Server(V1Recording.Load("v1/hello").Log, V1Stage.Id) { Key = V1Key };
        await v1.StartAsync();
        var stage = new CanaryStage(v1);
        if (hasV0)
        {
            await stage.StartV0Async();
        }

        return stage;
    }

    /// <summary>Starts the V0 server, once more where it has run before.</summary>
    public async Task StartV0Async()
    {
        var before = V0;
        await (before?.DisposeAsync() ?? ValueTask.CompletedTask);
        V0 = await GatewayHost.StartAsync(
            V0Store, "Agent=echo", "Echo:StepDelay=00:00:00.010", "HttpApi:RateLimit=false", $"SESSION_API_KEY={ClientKey}",
            $"urls={before?.Address ?? new Uri("http://127.0.0.1:0")}");
    }

    /// <summary>Those of any gateway of the stage.</summary>
    public string[] Settings(string old, params string[] settings) =>
    [
        "Agent=v1", $"V1:BaseUrl={V1.BaseUrl}", $"V1:SessionApiKey={V1Key}", "HttpApi:RateLimit=false", "Echo:StepDelay=00:00:00.010",
        $"SESSION_API_KEY={ClientKey}", $"Migration:Route:Old={old}", .. settings,
    ];

    /// <summary>A gateway on the stage's own store. The test disposes it.</summary>
    public async Task<GatewayHost> StartGatewayAsync(string old, params string[] settings)
    {
        var gateway = await GatewayHost.StartAsync(Store, Settings(old, settings));
        _gateways.Add(gateway);
        return gateway;
    }

    public Task<GatewayHost> StartBeforeV0Async(params string[] settings) =>
        StartGatewayAsync((V0?.Address ?? throw new InvalidOperationException("No V0 server runs.")).ToString(), settings);

    public static HttpClient Open(Uri address)
    {
        var http = new HttpClient { BaseAddress = address, Timeout = TestLimits.Slow };
        http.DefaultRequestHeaders.Add("X-Session-API-Key", ClientKey);
        return http;
    }

    /// <summary>Makes a conversation and gives its id.</summary>
    public static async Task<string> CreateAsync(HttpClient http, bool isMarked = false)
    {
        var (status, body) = await SendAsync(http, "POST", "/api/conversations", "{}", isMarked);
        status.Should().Be(HttpStatusCode.OK, "{0}", body);
        return Read(body).Text("conversation_id");
    }

    public static async Task<(HttpStatusCode Status, string Body)> SendAsync(
        HttpClient http, string method, string path, string? body = null, bool isMarked = false)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        if (isMarked)
        {
            request.Headers.Add(Header, "yes");
        }

        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Where the conversation lives, as the gateway's status says it.</summary>
    public static async Task<string> WhereAsync(HttpClient http, string id)
    {
        var (status, body) = await SendAsync(http, "GET", $"/api/gateway/conversations/{id}/status");
        status.Should().Be(HttpStatusCode.OK, "{0}", body);
        return Read(body).Text("version");
    }

    /// <summary>Everything that the list shows, page by page.</summary>
    public static async Task<List<JObject>> ListAsync(HttpClient http, int limit)
    {
        var seen = new List<JObject>();
        string? page = "";
        do
        {
            var (_, body) = await SendAsync(http, "GET", $"/api/conversations?limit={limit}&page_id={Uri.EscapeDataString(page)}");
            var results = Read(body).Objects("results").ToList();
            results.Count.Should().BeLessThanOrEqualTo(limit);
            seen.AddRange(results);
            page = Read(body).TextOrNull("next_page_id");
        }
        while (page is not null);

        return seen;
    }

    public static JObject Read(string body) =>
        JsonTree.TryReadObject(body, out var json) ? json : throw new InvalidDataException(body);

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            gateway.Log.Lines.Should().NotContain(
                static line => line.Text.Contains(ClientKey, StringComparison.Ordinal)
                    || line.Text.Contains(V1Key, StringComparison.Ordinal));
        }

        if (V0 is not null)
        {
            await V0.DisposeAsync();
        }

        await V1.DisposeAsync();
        V0Store.Dispose();
        Store.Dispose();
    }

    private static TempStore WithSettings()
    {
        var store = TempStore.Empty();
        File.WriteAllText(store.PathOf("settings.json"), UserSettings);
        return store;
    }
}
