using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.V1;

/// <summary>A gateway over a stand-in V1 server that plays a recording, and clients of it. Owned by one test.</summary>
internal sealed class V1Stage : IAsyncDisposable
{
    public const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private const string Key = "a-secret-key";

    private readonly TempStore _store;

    private V1Stage(StandInV1Server server, GatewayHost host, TempStore store)
    {
        Server = server;
        Host = host;
        _store = store;
    }

    public StandInV1Server Server { get; }

    public GatewayHost Host { get; }

    public Visit Visit => new(Host.Address, Id);

    public static async Task<V1Stage> StartAsync(string recording, bool isNew, string policy = "NeverConfirm", params string[] settings)
    {
        var server = new StandInV1Server(V1Recording.Load(recording).Log, Id)
        {
            ConfirmationPolicy = policy,
            HasSessionSocket = isNew,
            Version = isNew ? "1.57.0" : "1.1.0",
            Key = Key,
            Disorders = true,
        };
        await server.StartAsync();
        var store = TempStore.Empty();
        var host = await GatewayHost.StartAsync(
            store, ["Agent=v1", $"V1:BaseUrl={server.BaseUrl}", $"V1:SessionApiKey={Key}", "V1:ReconnectDelay=00:00:00.050",
                "V1:MaxReconnectDelay=00:00:00.100", "V1:LookInterval=00:00:00.200", .. settings]);
        return new V1Stage(server, host, store);
    }

    public TempStore Store => _store;

    public Task<WatchingClient> ConnectAsync() => WatchingClient.ConnectAsync(Visit);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Server.DisposeAsync();
        Host.Log.Lines.Should().NotContain(static line => line.Text.Contains(Key, StringComparison.Ordinal));
        _store.Dispose();
    }
}

/// <summary>A socket.io-client that keeps what it saw. Owned by one test.</summary>
internal sealed class WatchingClient : IAsyncDisposable
{
    private readonly DriverClient _client;

    private WatchingClient(DriverClient client) => _client = client;

    /// <summary>The events with ids, in the order in which they came.</summary>
    public List<JObject> Events { get; } = [];

    public static async Task<WatchingClient> ConnectAsync(Visit visit, JObject? options = null)
    {
        var client = new WatchingClient(DriverClient.Node(v => DriverCommands.JavaScriptConnect(v, options)));
        await client._client.ConnectAsync(visit);
        return client;
    }

    public Task EmitAsync(JObject action, bool wantsAck = false) => _client.EmitAsync(action, wantsAck);

    /// <summary>Reads on to an event like this.</summary>
    public async Task<JObject> UntilAsync(Func<JObject, bool> isIt)
    {
        while (true)
        {
            var seen = await _client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (seen.On != "event" || seen.Value is not JObject json)
            {
                seen.On.Should().NotBe("refused", "{0}", seen.Value);
                continue;
            }

            if (json["id"]?.Type == JTokenType.Integer)
            {
                Events.Add(json);
            }

            if (isIt(json))
            {
                return json;
            }
        }
    }

    public Task<JObject> UntilStateAsync(string state) => UntilAsync(e => (string?)e["extras"]?["agent_state"] == state);

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
