using System.Globalization;
using System.Net;
using System.Text;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Conversations;

/// <summary>GET /api/conversations: order, pages, filters, and what it leaves out.</summary>
public sealed class ConversationListTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task List_DateWithoutAZone_IsReadAsUtcAndHidesNobody()
    {
        await using var host = await ConversationHost.StartAsync(
            static store =>
            {
                ConversationHost.Put(store, "zoned", ("created_at", "2026-01-20T10:00:00Z"));
                ConversationHost.Put(store, "naive", ("created_at", "2026-01-20T11:00:00.5"));
                ConversationHost.Put(store, "east", ("created_at", "2026-01-20T14:30:00+04:00"));
                ConversationHost.Put(store, "seconds", ("created_at", 1_768_900_000));
            },
            new ShiftedTimeProvider(s_now));

        var (status, results, _) = await ListAsync(host, "");

        status.Should().Be(HttpStatusCode.OK, "V0 answers 500 to everybody");
        results.Select(static info => $"{info["conversation_id"]} {info["created_at"]}").Should().Equal(
            "naive 2026-01-20T11:00:00.500000Z", "east 2026-01-20T14:30:00+04:00", "zoned 2026-01-20T10:00:00Z",
            "seconds 2026-01-20T09:06:40Z");
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(9.99, true)]
    [InlineData(10.01, false)]
    [InlineData(400, false)]
    public async Task List_ByAge_HidesWhatIsOlderThanTenDays(double days, bool isShown)
    {
        var created = s_now.AddDays(-days).ToString("O", CultureInfo.InvariantCulture);
        await using var host = await ConversationHost.StartAsync(
            store => ConversationHost.Put(store, "c", ("created_at", created), ("last_updated_at", "2026-01-20T12:00:00Z")),
            new ShiftedTimeProvider(s_now));

        var (_, results, next) = await ListAsync(host, "");

        results.Should().HaveCount(isShown ? 1 : 0);
        next.Should().BeNull();
        (await host.SendAsync("GET", "/api/conversations/c")).Body.Should().Contain("\"conversation_id\":\"c\"");
    }

    [Theory]
    // Nothing, damage and strange names are counted; what begins with a dot is not.
    [InlineData("limit=3", "c6,c5,c4", 3)]
    [InlineData("limit=0", "", 0)]
    [InlineData("limit=1000", "c6,c5,c4,c3,c2,c1,c0", null)]
    [InlineData("limit=2&limit=1", "c6", 1)]
    [InlineData("limit=8", "c6,c5,c4,c3,c2,c1,c0", 8)]
    [InlineData("limit=2&page_id=5", "c1,c0", 7)]
    [InlineData("limit=5&page_id=7", "", null)]
    [InlineData("limit=5&page_id=70", "", null)]
    [InlineData("limit=3&page_id=-2", "", 1)]
    [InlineData("limit=1&page_id=-2", "c1", -1)]
    [InlineData("selected_repository=o/r&limit=4", "c4", 4)]
    [InlineData("selected_repository=", "", null)]
    [InlineData("conversation_trigger=slack", "c5", null)]
    [InlineData("conversation_trigger=gui&selected_repository=o/r", "c4", null)]
    [InlineData("unknown=1&page_id=", "c6,c5,c4,c3,c2,c1,c0", null)]
    public async Task List_Page_IsCutAsV0CutsIt(string query, string expected, int? next)
    {
        await using var host = await ConversationHost.StartAsync(
            static store =>
            {
                for (var n = 0; n < 7; n++)
                {
                    ConversationHost.Put(
                        store,
                        $"c{n}",
                        ("created_at", s_now.AddHours(n - 24).ToString("O", CultureInfo.InvariantCulture)),
                        ("trigger", n == 5 ? "slack" : "gui"),
                        ("selected_repository", n == 4 ? "o/r" : null));
                }

                ConversationHost.Put(store, "damaged", "{");
                Directory.CreateDirectory(store.PathOf("sessions", "no metadata"));
                File.WriteAllText(store.PathOf("sessions", "a file"), "");
                File.WriteAllText(store.PathOf("sessions", ".hidden"), "");
            },
            new ShiftedTimeProvider(s_now));
        var page = System.Text.RegularExpressions.Regex.Replace(
            query, "page_id=(-?\\d+)", static match => "page_id=" + Uri.EscapeDataString(PageId(match.Groups[1].Value)));

        var (status, results, nextPage) = await ListAsync(host, "?" + page);

        status.Should().Be(HttpStatusCode.OK);
        string.Join(',', results.Select(static info => (string?)info["conversation_id"])).Should().Be(expected);
        nextPage.Should().Be(next is { } offset ? PageId(offset.ToString(CultureInfo.InvariantCulture)) : null);
    }

    [Theory]
    [InlineData("limit=abc", "int_parsing")]
    [InlineData("limit=", "int_parsing")]
    [InlineData("conversation_trigger=nope", "enum")]
    [InlineData("conversation_trigger=", "enum")]
    public async Task List_WrongQuery_Is422(string query, string type)
    {
        await using var host = await ConversationHost.StartAsync();

        var (status, body) = await host.SendAsync("GET", "/api/conversations?" + query);

        status.Should().Be(HttpStatusCode.UnprocessableEntity);
        WireJson.Parse(body)["detail"]!.Single()["type"]!.ToString().Should().Be(type);
    }

    [Theory]
    [InlineData("xyz")]
    [InlineData("MQ==")]
    [InlineData("WzFd")]
    [InlineData("eyJ2MCI6NX0=")]
    [InlineData("eyJ2MCI6ImFiYyJ9")]
    [InlineData("eyJ2MSI6ImFiYyJ9")]
    public async Task List_PageIdThatIsNone_Is500(string pageId)
    {
        await using var host = await ConversationHost.StartAsync();

        using var response = await host.Http.GetAsync("/api/conversations?page_id=" + Uri.EscapeDataString(pageId));

        response.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        (await response.Content.ReadAsStringAsync()).Should().Be("Internal Server Error");
        response.Headers.CacheControl.Should().BeNull();
        response.Headers.ConnectionClose.Should().BeTrue();
    }

    [Fact]
    public async Task List_FewerThanNothing_GivesV0sStrangePageId()
    {
        await using var host = await ConversationHost.StartAsync(static store => ConversationHost.Put(store, "c"));

        (await host.SendAsync("GET", "/api/conversations?limit=-1")).Body.Should()
            .Be("""{"results":[],"next_page_id":"eyJ2MCI6ICJMVEU9IiwgInYxIjogIi0xIn0="}""");
    }

    [Theory]
    [InlineData("", 500, "Expecting value: line 1 column 1 (char 0)")]
    [InlineData("[]", 200, null)]
    [InlineData("""{"conversation_id":"c","selected_repository":null}""", 200, null)]
    [InlineData("""{"conversation_id":"c","created_at":"2026-01-20T10:00:00Z"}""", 500,
        "selected_repository\n  Field required [type=missing")]
    [InlineData("""{"conversation_id":"c","selected_repository":null,"created_at":null}""", 500,
        "created_at\n  Input should be a valid datetime [type=datetime_type, input_value=None, input_type=NoneType]")]
    [InlineData("""{"conversation_id":"c","selected_repository":null,"created_at":"yesterday"}""", 500,
        "Input should be a valid datetime or date, input is too short [type=datetime_from_date_parsing, input_value='yesterday'")]
    [InlineData(
        """{"conversation_id":"c","selected_repository":null,"created_at":"2026-01-20T10:00:00Z","trigger":"nope"}""", 500,
        "trigger\n  Input should be 'resolver', 'gui'")]
    [InlineData("""{"conversation_id":"c","selected_repository":null,"created_at":"2026-01-20T10:00:00Z","title":5}""", 500,
        "title\n  Input should be a valid string [type=string_type, input_value=5, input_type=int]")]
    public async Task Routes_MetadataThatV0CannotRead_SayWhatV0Says(string metadata, int status, string? problem)
    {
        await using var host = await ConversationHost.StartAsync(
            store =>
            {
                ConversationHost.Put(store, "c", metadata);
                ConversationHost.Put(store, "sound", ("created_at", "2026-01-20T10:00:00Z"));
            },
            new ShiftedTimeProvider(s_now));

        var (_, results, _) = await ListAsync(host, "");
        var renamed = await host.SendAsync("PATCH", "/api/conversations/c", """{"title":"x"}""");

        results.Select(static info => (string?)info["conversation_id"]).Should().Equal("sound");
        (await host.SendAsync("GET", "/api/conversations/c")).Should()
            .Be(((HttpStatusCode)status, status == 200 ? "null" : "Internal Server Error"));
        (await host.SendAsync("POST", "/api/conversations/c/start")).Should()
            .Be((HttpStatusCode.NotFound, """{"status":"error","conversation_id":"c"}"""));
        renamed.Status.Should().Be(status == 200 ? HttpStatusCode.NotFound : HttpStatusCode.InternalServerError);
        if (problem is not null)
        {
            var json = WireJson.Parse(renamed.Body);
            json["message"]!.ToString().Should().StartWith("Failed to update conversation: ").And.Contain(problem);
            json["msg_id"]!.ToString().Should().Be("CONVERSATION$UPDATE_ERROR");
        }

        File.ReadAllText(host.Store.PathOf("sessions", "c", "metadata.json")).Should().Be(metadata);
    }

    [Fact]
    public async Task List_OldAndUnknownFields_AreShown()
    {
        await using var host = await ConversationHost.StartAsync(static store => ConversationHost.Put(
            store,
            "c",
            """{"conversation_id":"other","github_user_id":7,"selected_repository":null,"title":"","created_at":"2026-01-20T10:00Z"}"""),
            new ShiftedTimeProvider(s_now));

        var info = (await ListAsync(host, "")).Results.Should().ContainSingle().Which;

        info["conversation_id"]!.ToString().Should().Be("other");
        info["title"]!.ToString().Should().Be("Conversation other");
        info["pr_number"]!.Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, "?selected_repository=o/r", 500)]
    [InlineData("{}", "", 422)]
    [InlineData("{}", "?selected_repository=o/r&limit=x", 422)]
    [InlineData("{}", "?selected_repository=o/r", 200)]
    public async Task ListOfMicroagents_ByRepository_ShowsTheirs(string? secrets, string query, int status)
    {
        await using var host = await ConversationHost.StartAsync(
            store =>
            {
                ConversationHost.Put(store, "mine", ("trigger", "microagent_management"), ("selected_repository", "o/r"));
                ConversationHost.Put(store, "other", ("trigger", "microagent_management"), ("selected_repository", "o/s"));
                ConversationHost.Put(store, "gui", ("selected_repository", "o/r"));
                if (secrets is not null)
                {
                    File.WriteAllText(store.PathOf("secrets.json"), secrets);
                }
            });

        var (answered, body) = await host.SendAsync("GET", "/api/microagent-management/conversations" + query);

        ((int)answered).Should().Be(status);
        if (status == 200)
        {
            WireJson.Parse(body)["results"]!.Select(static info => (string?)info["conversation_id"]).Should().Equal("mine");
        }
    }

    private static string PageId(string offset) => Convert.ToBase64String(Encoding.UTF8.GetBytes(
        $$"""{"v0": "{{Convert.ToBase64String(Encoding.UTF8.GetBytes(offset))}}", "v1": null}"""));

    private static async Task<(HttpStatusCode Status, List<JObject> Results, string? Next)> ListAsync(ConversationHost host, string query)
    {
        var (status, body) = await host.SendAsync("GET", "/api/conversations" + query);
        var json = WireJson.TryParse(body) as JObject;
        return (status, [.. (json?["results"] ?? new JArray()).OfType<JObject>()], (string?)json?["next_page_id"]);
    }
}
