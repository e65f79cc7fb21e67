using System.Net;
using System.Text;

using Gateway.Conversations.Storage;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Conversations;

/// <summary>A gateway over an own store whose user has settings, with an HTTP client. One test owns it.</summary>
internal sealed class ConversationHost : IAsyncDisposable
{
    public const string Id = "6b9cd1863341492c82ee59738a71550a";

    private ConversationHost(TempStore store, GatewayHost gateway)
    {
        Store = store;
        Gateway = gateway;
        Http = new HttpClient { BaseAddress = gateway.Address, Timeout = TestLimits.Step };
    }

    public TempStore Store { get; }

    public GatewayHost Gateway { get; }

    public HttpClient Http { get; }

    public static async Task<ConversationHost> StartAsync(
        Action<TempStore>? prepare = null, TimeProvider? clock = null, params string[] settings)
    {
        var store = TempStore.Empty();
        File.WriteAllText(store.PathOf("settings.json"), """{"llm_model":"openai/gpt-4o","llm_api_key":"not-a-real-key"}""");
        prepare?.Invoke(store);
        return new ConversationHost(store, await GatewayHost.StartAsync(store, clock, ["HttpApi:RateLimit=false", .. settings]));
    }

    /// <summary>Metadata as V0 writes it; what is named replaces or adds.</summary>
    public static JObject Metadata(string id, params (string Name, JToken? Value)[] others)
    {
        var json = new JObject
        {
            ["conversation_id"] = id,
            ["selected_repository"] = null,
            ["title"] = "A title",
            ["last_updated_at"] = null,
            ["trigger"] = "gui",
            ["pr_number"] = new JArray(),
            ["created_at"] = MetadataTime.Format(TimeProvider.System.GetUtcNow()),
        };
        foreach (var (name, value) in others)
        {
            json[name] = value;
        }

        return json;
    }

    public static void Put(TempStore store, string id, string metadata)
    {
        Directory.CreateDirectory(store.PathOf("sessions", id));
        File.WriteAllText(store.PathOf("sessions", id, "metadata.json"), metadata);
    }

    public static void Put(TempStore store, string id, params (string Name, JToken? Value)[] others) =>
        Put(store, id, Metadata(id, others).ToString());

    public async Task<(HttpStatusCode Status, string Body)> SendAsync(
        string method, string path, string? body = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, contentType);
        }

        using var response = await Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<JObject> GetAsync(string id) =>
        (JObject)WireJson.Parse((await SendAsync("GET", $"/api/conversations/{id}")).Body);

    /// <summary>A new conversation's id.</summary>
    public async Task<string> CreateAsync(string body = "{}")
    {
        var (status, answer) = await SendAsync("POST", "/api/conversations", body);
        status.Should().Be(HttpStatusCode.OK, answer);
        return (string)WireJson.Parse(answer)["conversation_id"]!;
    }

    public async Task<HandWrittenClient> JoinAsync(string id)
    {
        var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(Gateway.Address, id));
        await client.ReadAsync("connect");
        return client;
    }

    public JObject MetadataOf(string id) => (JObject)WireJson.Parse(File.ReadAllText(Store.PathOf("sessions", id, "metadata.json")));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Gateway.DisposeAsync();
        Store.Dispose();
    }
}
