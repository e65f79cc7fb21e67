using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// A page that asks what V0's web UI asks, served by the gateway alone, in a real browser: what its user does from the first run to the
/// end of a conversation, and that nothing of it is complained of in the console. Source: PROTOCOL.md, "V0 REST".
/// </summary>
public sealed class WebUiTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly string[] s_pageLoad = ["GET /api/options/config", "GET /api/options/config"];

    [Fact]
    public async Task Home_BeforeAnySettings_AsksForThemAndKeepsThem()
    {
        await using var stage = await WebUiStage.StartAsync(chromium, hasSettings: false);

        await stage.Page.LoadAsync("/", until: "home");
        var first = stage.Page.TakeCalls();
        await stage.Page.DoAsync("saveFirstSettings", new JObject { ["settings"] = WebUiStage.Settings() }, until: "saved");
        await stage.Page.LoadAsync("/", until: "home");

        first.Should().Equal([.. s_pageLoad, "GET /api/settings", "GET /api/conversations?limit=10"]);
        var settings = (JObject)stage.Page.Answers["GET /api/settings"];
        settings.Value<string>("llm_model").Should().Be("openhands/claude-sonnet-4-20250514");
        settings.Value<bool>("llm_api_key_set").Should().BeTrue();
        stage.Page.Answers["GET /api/options/models"].Should().NotBeEmpty();
        stage.Page.Failures.Should().Equal("GET /api/settings 404");
        stage.Page.Complaints.Should().ContainSingle("V0's own answer to a page without settings is seen in the console");
    }

    [Fact]
    public async Task Conversation_FromItsStartToItsEnd_GoesAsWithV0()
    {
        await using var stage = await WebUiStage.StartAsync(chromium);
        var page = stage.Page;
        await page.LoadAsync("/", until: "home");
        page.TakeCalls();

        await page.DoAsync("create", until: "opened");
        var id = (string)page.Answers["POST /api/conversations"]["conversation_id"]!;
        var path = $"/api/conversations/{id}";
        string[] atConnect = [$"GET {path}/config", $"GET {path}/git/changes", $"GET {path}/web-hosts", $"GET {path}/vscode-url"];
        page.TakeCalls().Should().Equal(["POST /api/conversations", "GET /api/conversations?limit=10", .. atConnect]);
        await UntilReadyAsync(page);

        await page.DoAsync("say", new JObject { ["text"] = "Fix the add function" });
        await page.UntilEventAsync(static e => (string?)e["message"] == "You said: Fix the add function");
        await UntilTitleAsync(page, path, "Fix the add function");
        await page.DoAsync("rename", new JObject { ["title"] = "Adding up" }, until: "renamed");
        await UntilTitleAsync(page, path, "Adding up");

        page.Events.Clear();
        page.TakeCalls();
        await page.LoadAsync($"/conversations/{id}", until: "opened");
        page.TakeCalls().Should().Equal([.. s_pageLoad, "GET /api/settings", $"GET {path}", .. atConnect]);
        page.EventIds.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        page.Events.Should().Contain(static e => (string?)e["message"] == "You said: Fix the add function");

        await page.DoAsync("stop", until: "home");
        page.TakeCalls().Should().Equal($"POST {path}/stop", $"GET {path}", "GET /api/conversations?limit=10");
        ((string?)page.Answers[$"GET {path}"]["status"]).Should().Be("STOPPED");
        await page.LoadAsync($"/conversations/{id}", until: "opened");
        page.TakeCalls().Should().Equal(
            [.. s_pageLoad, "GET /api/settings", $"GET {path}", $"POST {path}/start", $"GET {path}", .. atConnect]);
        await page.DoAsync("stop", until: "home");
        await page.DoAsync("open", new JObject { ["id"] = id }, until: "opened");

        await page.DoAsync("delete", until: "home");
        page.Answers["GET /api/conversations?limit=10"]["results"].Should().BeEmpty();
        page.TakeCalls();
        await page.LoadAsync($"/conversations/{id}", until: "home");
        page.TakeCalls().Should().Equal([.. s_pageLoad, "GET /api/settings", $"GET {path}", "GET /api/conversations?limit=10"]);
        page.Failures.Should().BeEmpty();
        page.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task Upload_BeforeAMessage_IsInTheWorkspaceAndInTheMessage()
    {
        await using var stage = await WebUiStage.StartAsync(chromium);
        var page = stage.Page;
        await page.LoadAsync("/", until: "home");
        await page.DoAsync("create", until: "opened");
        await UntilReadyAsync(page);

        await page.DoAsync("sayWithFile", new JObject { ["text"] = "Read it", ["name"] = "notes.txt", ["content"] = "Two plus two." });
        var said = await page.UntilEventAsync(static e => (string?)e["source"] == "user" && (string?)e["action"] == "message");

        var file = (string?)said["args"]?["file_urls"]?.Single();
        file.Should().EndWith("/notes.txt");
        ((string?)said["args"]?["content"]).Should().Be($"Read it\n\nNEW FILES ADDED: {file}");
        (await File.ReadAllTextAsync(stage.Workspace.PathOf("notes.txt"))).Should().Be("Two plus two.");
    }

    [Fact]
    public async Task Connection_LostAndFoundAgain_GivesWhatFollows()
    {
        await using var stage = await WebUiStage.StartAsync(chromium);
        var page = stage.Page;
        await page.LoadAsync("/", until: "home");
        await page.DoAsync("create", until: "opened");
        await UntilReadyAsync(page);
        await page.DoAsync("say", new JObject { ["text"] = "Before" });
        await page.UntilEventAsync(static e => (string?)e["message"] == "You said: Before");
        await page.UntilStateAsync("awaiting_user_input");

        await page.DoAsync("cut", until: "disconnect");
        await page.UntilAsync("opened");
        await page.DoAsync("say", new JObject { ["text"] = "After" });
        await page.UntilEventAsync(static e => (string?)e["message"] == "You said: After");

        page.EventIds.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
    }

    /// <summary>One origin for both worlds, as <c>deploy/nginx.conf</c> makes it.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("/runtime/55123")]
    public async Task Conversation_ThroughNginx_GoesAsWithoutIt(string prefix)
    {
        await using var stage = await WebUiStage.StartAsync(chromium, prefixAtNginx: prefix);
        var page = stage.Page;

        await page.LoadAsync("/", until: "home");
        await page.DoAsync("create", until: "opened");
        await UntilReadyAsync(page);
        await page.DoAsync("sayWithFile", new JObject { ["text"] = "Hello", ["name"] = "a.txt", ["content"] = "A" });
        await page.UntilEventAsync(static e => (string?)e["source"] == "agent" && (string?)e["action"] == "message");
        var id = (string)page.Answers["POST /api/conversations"]["conversation_id"]!;
        await page.LoadAsync($"/conversations/{id}", until: "opened");
        var calls = page.TakeCalls();
        await page.DoAsync("delete", until: "home");

        calls.Should().Contain($"GET {prefix}/api/conversations/{id}/git/changes");
        page.Sockets.Should().Equal($"{prefix}/socket.io", $"{prefix}/socket.io");
        page.Failures.Should().BeEmpty();
        page.Complaints.Should().BeEmpty();
    }

    private static Task UntilReadyAsync(WebUiPage page) => page.UntilStateAsync("awaiting_user_input");

    /// <summary>The room is told of a title, whereupon the page asks for the conversation.</summary>
    private static async Task UntilTitleAsync(WebUiPage page, string path, string title)
    {
        while ((string?)page.Answers.GetValueOrDefault($"GET {path}")?["title"] != title)
        {
            await page.UntilAnswerAsync($"GET {path}");
        }
    }
}
