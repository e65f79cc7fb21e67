using System.Globalization;
using System.Net;
using System.Text;

using Gateway.Conversations;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.ConversationRoutes;

/// <summary>Events by REST over a real server: ranges, gaps, bad input, what is left out of an export.</summary>
public sealed class EventRoutesTests : IAsyncLifetime, IDisposable
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private readonly TempStore _store = TempStore.Empty();
    private readonly HttpClient _http = new() { Timeout = TestLimits.Step };
    private GatewayHost? _host;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_store.PathOf("sessions", Id, "events"));
        await File.WriteAllTextAsync(
            _store.PathOf("sessions", Id, "metadata.json"),
            $$"""{"conversation_id":"{{Id}}","title":"A","created_at":"2026-11-24T16:52:15.411746Z","selected_repository":null}""");
        _host = await GatewayHost.StartAsync(_store, "HttpApi:RateLimit=false");
        _http.BaseAddress = _host.Address;
    }

    public Task DisposeAsync() => _host!.DisposeAsync().AsTask();

    public void Dispose()
    {
        _http.Dispose();
        _store.Dispose();
    }

    [Theory]
    [InlineData("", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19", true)]
    [InlineData("limit=3", "0,1,2", true)]
    [InlineData("limit=0", "", true)]
    [InlineData("start_id=58&limit=100", "58,59,1000,500000", false)]
    [InlineData("start_id=58&limit=4", "58,59,1000,500000", false)]
    [InlineData("start_id=58&limit=3", "58,59,1000", true)]
    [InlineData("start_id=2&end_id=4", "2,3,4", false)]
    [InlineData("start_id=-5&end_id=1", "0,1", false)]
    [InlineData("end_id=-1", "", false)]
    [InlineData("start_id=5&end_id=4", "", false)]
    [InlineData("start_id=500001", "", false)]
    [InlineData("start_id=60&end_id=999&limit=0", "", false)]
    [InlineData("reverse=true&limit=4", "500000,1000,59,58", true)]
    [InlineData("reverse=1&end_id=999&limit=2", "59,58", true)]
    [InlineData("reverse=true&start_id=59&limit=3", "500000,1000,59", false)]
    [InlineData("reverse=true&start_id=60&end_id=999", "", false)]
    [InlineData("limit=1&limit=2", "0,1", true)]
    [InlineData("filter=x&limit=1", "0", true)]
    public async Task Get_Range_IsWhatIsStoredThere(string query, string expected, bool hasMore)
    {
        await StoreAsync([.. Enumerable.Range(0, 60), 1_000, 500_000]);

        var answer = WireJson.Parse(await _http.GetStringAsync($"/api/conversations/{Id}/events?{query}"));

        string.Join(',', answer["events"]!.Select(static item => item.Value<int>("id"))).Should().Be(expected);
        answer.Value<bool>("has_more").Should().Be(hasMore);
    }

    [Theory]
    [InlineData("limit=-1", 400, """{"detail":"Invalid limit"}""")]
    [InlineData("limit=101", 400, """{"detail":"Invalid limit"}""")]
    [InlineData("limit=x&start_id=", 422,
        """{"detail":[{"type":"int_parsing","loc":["query","start_id"],"msg":"Input should be a valid integer, """
        + """unable to parse string as an integer","input":""},{"type":"int_parsing","loc":["query","limit"]"""
        + ""","msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"}]}""")]
    [InlineData("reverse=maybe", 422,
        """{"detail":[{"type":"bool_parsing","loc":["query","reverse"],"msg":"Input should be a valid boolean, """
        + """unable to interpret input","input":"maybe"}]}""")]
    public async Task Get_WrongQuery_IsAnsweredAsV0Does(string query, int status, string body)
    {
        using var answer = await _http.GetAsync($"/api/conversations/{Id}/events?{query}");

        ((int)answer.StatusCode).Should().Be(status);
        (await answer.Content.ReadAsStringAsync()).Should().Be(body.Trim());
    }

    [Fact]
    public async Task Trajectory_OfALargeLog_IsSentWholeWithoutHiddenAndBulkyParts()
    {
        await StoreAsync(Enumerable.Range(0, 500), padding: 4_000);
        await WriteAsync(500, """{"id": 500, "source": "agent", "action": "run", "args": {"command": "x", "hidden": true}}""");
        await WriteAsync(501, """
            {"id": 501, "source": "agent", "observation": "browse", "content": "", "extras":
            {"url": "u", "screenshot": "data:", "dom_object": {}, "inner": [{"set_of_marks": 1, "kept": 1.50}], "hidden": false}}
            """);

        var text = await _http.GetStringAsync($"/api/conversations/{Id}/trajectory");

        var events = (JArray)WireJson.Parse(text)["trajectory"]!;
        events.Should().HaveCount(501);
        text.Should().EndWith("""
            "extras":{"url":"u","inner":[{"kept":1.50}],"hidden":false}}]}
            """.Trim());
    }

    [Fact]
    public async Task Trajectory_OfAnEmptyLog_IsEmpty() =>
        (await _http.GetStringAsync($"/api/conversations/{Id}/trajectory")).Should().Be("""{"trajectory":[]}""");

    [Fact]
    public async Task Get_DamagedEvent_IsLeftOut()
    {
        await StoreAsync([0, 1, 2]);
        await WriteAsync(1, "{");

        var answer = WireJson.Parse(await _http.GetStringAsync($"/api/conversations/{Id}/events"));

        answer["events"]!.Select(static item => item.Value<int>("id")).Should().Equal(0, 2);
    }

    [Fact]
    public async Task Post_EventAndMessage_AreStoredAsASocketsAre()
    {
        await _host!.Services.GetRequiredService<ConversationService>().StartAsync(Key, default);

        (await PostAsync("events", """{"action":"message","args":{"content":"one"}}""", "text/plain"))
            .Should().Be((HttpStatusCode.OK, """{"success":true}"""));
        (await PostAsync("message", """{"message":"two"}""")).Should().Be((HttpStatusCode.OK, """{"success":true}"""));

        var messages = _store.Events(Id).Values.Where(static json => (string?)json["action"] == "message").ToList();
        messages.Select(static json => (string?)json["args"]!["content"]).Should().Equal("one", "two");
        messages.Should().OnlyContain(static json => (string?)json["source"] == "user");
    }

    [Theory]
    [InlineData("events", "x", 500, "Internal Server Error")]
    [InlineData("events", "", 500, "Internal Server Error")]
    [InlineData("events", "[]", 500, "Internal Server Error")]
    [InlineData("events", """{"action":"nope"}""", 500, "Internal Server Error")]
    [InlineData("events", """{"id":7,"action":"message","args":{"content":"x"}}""", 500, "Internal Server Error")]
    [InlineData("message", "{}", 422, """{"detail":[{"type":"missing","loc":["body","message"],"msg":"Field required","input":{}}]}""")]
    [InlineData("message", """{"message":5}""", 422,
        """{"detail":[{"type":"string_type","loc":["body","message"],"msg":"Input should be a valid string","input":5}]}""")]
    [InlineData("exp-config", "{}", 200, "false")]
    [InlineData("exp-config", """{"config":{"a":"b"}}""", 200, "false")]
    [InlineData("exp-config", """{"config":{"a":"b","c":5}}""", 422,
        """{"detail":[{"type":"string_type","loc":["body","config","c"],"msg":"Input should be a valid string","input":5}]}""")]
    [InlineData("exp-config", """{"config":5}""", 422,
        """{"detail":[{"type":"dict_type","loc":["body","config"],"msg":"Input should be a valid dictionary","input":5}]}""")]
    [InlineData("submit-feedback", "not json", 500, "Internal Server Error")]
    [InlineData("submit-feedback", "{}", 500, "Internal Server Error")]
    [InlineData("submit-feedback", """{"polarity":"great"}""", 500, "Internal Server Error")]
    [InlineData("submit-feedback", """{"polarity":"positive","permissions":null}""", 500, "Internal Server Error")]
    [InlineData("submit-feedback", """{"polarity":"positive","email":5}""", 500, "Internal Server Error")]
    [InlineData("submit-feedback", """{"polarity":"negative","permissions":"private","email":"","version":"1.0"}""", 500,
        """{"error":"Failed to submit feedback"}""")]
    [InlineData("submit-feedback", """{"polarity":"positive"}""", 500, """{"error":"Failed to submit feedback"}""")]
    public async Task Post_WrongBody_IsAnsweredAsV0DoesAndStoresNothing(string route, string body, int status, string expected)
    {
        await _host!.Services.GetRequiredService<ConversationService>().StartAsync(Key, default);
        var before = UserEvents();

        (await PostAsync(route, body)).Should().Be(((HttpStatusCode)status, expected));

        UserEvents().Should().Be(before);
    }

    [Fact]
    public async Task PostMessage_WhileTheStoreFails_SaysSoWithoutItsPaths()
    {
        await _host!.Services.GetRequiredService<ConversationService>().StartAsync(Key, default);
        await Eventually.IsTrueAsync(() => _store.Events(Id).Count == 3, "the start says that it waits");
        Directory.Delete(_store.PathOf("sessions", Id, "events"), recursive: true);
        await File.WriteAllTextAsync(_store.PathOf("sessions", Id, "events"), "");
        _host.Log.Expect("");

        (await PostAsync("message", """{"message":"lost"}""")).Should().Be((
            HttpStatusCode.InternalServerError,
            """{"success":false,"error":"Error adding message to conversation: The store could not be read or written."}"""));
    }

    [Fact]
    public async Task Post_BodyOfManyTinyValues_IsRefusedBeforeATreeIsMadeOfIt()
    {
        await _host!.Services.GetRequiredService<ConversationService>().StartAsync(Key, default);
        var body = """{"action":"message","args":{"content":"x","a":["""
            + string.Join(',', Enumerable.Repeat("[]", 1_000_000)) + "]}}";

        (await PostAsync("events", body)).Should().Be((HttpStatusCode.InternalServerError, "Internal Server Error"));
    }

    /// <summary>Clients ask first, or write all of the body before they look for an answer.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_BodyAboveTheLimit_Is413(bool asksFirst)
    {
        _http.DefaultRequestHeaders.ExpectContinue = asksFirst;
        var (status, body) = await PostAsync("events", new string(' ', 17 * 1_024 * 1_024));

        status.Should().Be(HttpStatusCode.RequestEntityTooLarge);
        body.Should().Be("""{"detail":"Request body too large"}""");
    }

    [Theory]
    [InlineData("GET", "/feedback/conversation/x", 404, """{"detail":"Not Found"}""")]
    [InlineData("POST", "/feedback/conversation", 404, """{"detail":"Not Found"}""")]
    [InlineData("GET", "/api/conversations/" + Id + "/security/settings", 404, """{"detail":"Not Found"}""")]
    [InlineData("GET", "/api/conversations/a..b/remember-prompt?event_id=1", 400,
        """{"detail":"Conversation ID contains invalid path characters"}""")]
    [InlineData("POST", "/api/conversations/a..b/exp-config", 400, """{"detail":"Conversation ID contains invalid path characters"}""")]
    [InlineData("GET", "/api/conversations/" + Id + "/remember_prompt", 422,
        """{"detail":[{"type":"missing","loc":["query","event_id"],"msg":"Field required","input":null}]}""")]
    [InlineData("GET", "/api/conversations/" + Id + "/remember_prompt?event_id=1", 500, "Internal Server Error")]
    [InlineData("GET", "/api/conversations/" + Id + "/vscode-url", 200, """{"vscode_url":null}""")]
    [InlineData("GET", "/api/conversations/" + Id + "/git/changes", 404, """{"error":"Not a git repository"}""")]
    [InlineData("GET", "/api/conversations/" + Id + "/git/diff?path=a", 500, "Internal Server Error")]
    [InlineData("GET", "/api/conversations/" + Id + "/list-files", 200, "[]")]
    [InlineData("GET", "/api/conversations/" + Id + "/zip-directory", 500,
        """{"error":"Error zipping workspace: There is no workspace."}""")]
    [InlineData("GET", "/api/conversations/a..b/config", 404, """{"detail":"Conversation a..b not found"}""")]
    public async Task Route_WithoutAWorkspace_IsQuiet(string method, string path, int status, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await _http.SendAsync(request);

        ((int)answer.StatusCode).Should().Be(status);
        (await answer.Content.ReadAsStringAsync()).Should().Be(body);
    }

    [Theory]
    [InlineData("GET", "config")]
    [InlineData("GET", "web-hosts")]
    [InlineData("GET", "vscode-url")]
    [InlineData("GET", "events?limit=x")]
    [InlineData("POST", "events")]
    [InlineData("POST", "message")]
    [InlineData("GET", "trajectory")]
    [InlineData("GET", "git/changes")]
    [InlineData("GET", "git/diff")]
    [InlineData("GET", "list-files")]
    [InlineData("GET", "select-file")]
    [InlineData("POST", "save-file")]
    [InlineData("GET", "zip-directory")]
    [InlineData("POST", "upload-files")]
    [InlineData("GET", "microagents")]
    [InlineData("GET", "remember-prompt")]
    [InlineData("GET", "remember_prompt")]
    [InlineData("POST", "submit-feedback")]
    public async Task Route_OfAnUnknownConversation_Is404BeforeAnythingElse(string method, string route)
    {
        const string Unknown = "00000000000000000000000000000009";
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/conversations/{Unknown}/{route}");
        request.Content = new StringContent("not json");
        using var answer = await _http.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).Should().Be($$"""{"detail":"Conversation {{Unknown}} not found"}""");
    }

    [Fact]
    public async Task PostExperiment_OfAnUnknownConversation_IsAnsweredAndLeavesNothing()
    {
        using var body = new StringContent("{}", Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync("/api/conversations/00000000000000000000000000000009/exp-config", body);

        (await answer.Content.ReadAsStringAsync()).Should().Be("false");
        Directory.Exists(_store.PathOf("sessions", "00000000000000000000000000000009")).Should().BeFalse();
    }

    private static ConversationKey Key => ConversationId.TryParse(Id, out var id) ? new ConversationKey(id) : default;

    private int UserEvents() => _store.Events(Id).Values.Count(static json => (string?)json["source"] == "user");

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(string route, string body, string type = "application/json")
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        using var answer = await _http.PostAsync($"/api/conversations/{Id}/{route}", content);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task StoreAsync(IEnumerable<int> ids, int padding = 0)
    {
        foreach (var id in ids)
        {
            await WriteAsync(id, string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"id": {{{id}}}, "source": "agent", "action": "message", "args": {"content": "{{{new string('x', padding)}}}"}}"""));
        }
    }

    private Task WriteAsync(int id, string json) =>
        File.WriteAllTextAsync(_store.PathOf("sessions", Id, "events", string.Create(CultureInfo.InvariantCulture, $"{id}.json")), json);
}
