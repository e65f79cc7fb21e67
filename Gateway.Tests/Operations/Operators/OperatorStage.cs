using System.IO.Compression;
using System.Net.Http.Json;

using Gateway.Operations.Operators;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Operations.Operators;

/// <summary>
/// A gateway with an operators' key over a recorded store, and an operator who asks it. Owned by one test.
/// </summary>
internal sealed class OperatorStage : IAsyncDisposable
{
    public const string Key = "the-key-of-the-operators";

    private readonly List<IWireClient> _clients = [];
    private readonly TempStore _recordings = TempStore.Empty();
    private readonly HttpClient _http = new(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false });
    private string[] _settings = [];

    private OperatorStage(TempStore store) => Store = store;

    public TempStore Store { get; }

    public GatewayHost Host { get; private set; } = null!;

    public HttpClient Http => _http;

    /// <summary>The recorded one.</summary>
    public string Conversation { get; private init; } = "";

    public static async Task<OperatorStage> StartAsync(params string[] settings)
    {
        var store = Recording.Named("replay-full").CopyStore();
        var stage = new OperatorStage(store) { Conversation = store.Conversations().Single() };
        stage._settings =
        [
            "Agent=echo", "HttpApi:RateLimit=false", $"Operations:Key={Key}",
            $"Operations:Operator:RecordingsFolder={stage._recordings.Root}", .. settings,
        ];
        stage._http.Timeout = TestLimits.Step;
        stage._http.DefaultRequestHeaders.Add("X-Operator-Key", Key);
        await stage.StartHostAsync();
        return stage;
    }

    public async Task RestartAsync()
    {
        await Host.DisposeAsync();
        await StartHostAsync();
    }

    /// <summary>A client of V0 by its bytes, in the conversation.</summary>
    public async Task<IWireClient> JoinAsync(string? conversation = null, string? key = null)
    {
        var client = new HandWrittenClient([]);
        _clients.Add(client);
        await client.ConnectAsync(new Visit(Host.Address, conversation ?? Conversation, Key: key));
        await client.ReadAsync("connect");
        return client;
    }

    /// <summary>Three more conversations at work, and what the last minutes remember of it.</summary>
    public async Task MakeHistoryAsync()
    {
        var history = Host.Services.GetRequiredService<OperatorHistory>();
        foreach (var name in new[] { "invoices", "migration", "release-notes" })
        {
            var client = await JoinAsync(name);
            history.Take();
            await client.EmitAsync(Actions.Message("Say it back"));
            await client.ReadTurnAsync();
            history.Take();
        }
    }

    public async Task<JObject> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Host.Address, $"/operator/api/{path}"));
        answer.EnsureSuccessStatusCode();
        return JObject.Parse(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Asks until the answer is one like this.</summary>
    public Task<JObject> GetUntilAsync(string path, Func<JObject, bool> isIt) =>
        Eventually.GetAsync(() => GetAsync(path), isIt, $"{path} says so");

    public async Task<(int Status, JObject Json)> PostAsync(string path, object? body = null)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        using var answer = await _http.PostAsync(new Uri(Host.Address, $"/operator/api/{path}"), content);
        return ((int)answer.StatusCode, JObject.Parse(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>A recording, unpacked into a folder of the test's.</summary>
    public async Task<string> UnpackAsync(string name)
    {
        using var zip = new MemoryStream(await _http.GetByteArrayAsync(new Uri(Host.Address, $"/operator/api/recordings/{name}")));
        var folder = _recordings.PathOf($"unpacked.{name}");
        ZipFile.ExtractToDirectory(zip, folder);
        return folder;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await Host.DisposeAsync();
        _http.Dispose();
        _recordings.Dispose();
        Store.Dispose();
    }

    private async Task StartHostAsync() => Host = await GatewayHost.StartAsync(Store, _settings);
}
