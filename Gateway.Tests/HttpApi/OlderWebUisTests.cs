using System.Net;

using Gateway.Tests.HttpApi.Conversations;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi;

/// <summary>
/// What the web UIs from 0.18 to 0.61 ask in other words than 0.62, over the whole program with the echo agent. What they ask of
/// conversations alone is in <see cref="OldWebUiTests"/>, of settings in <c>Settings</c>, of branches in <c>Git</c>.
/// </summary>
public sealed class OlderWebUisTests
{
    /// <summary>Up to 0.54 a third state in the list breaks the panel of conversations.</summary>
    [Fact]
    public async Task List_WhileAConversationStarts_SaysRunningOrStopped()
    {
        await using var host = await StartAsync();

        foreach (var _ in Enumerable.Range(0, 3))
        {
            await host.CreateAsync();
            var page = JObject.Parse((await host.SendAsync("GET", "/api/conversations?limit=9")).Body);
            page["results"]!.Select(static info => (string?)info["status"]).Should().OnlyContain(static status => status == "RUNNING");
        }
    }

    /// <summary>0.17 and 0.18 show their user's token to the socket, and say little else.</summary>
    [Theory]
    [InlineData("oh_action", """{"github_token":"token-1"}""")]
    [InlineData("oh_action", null)]
    [InlineData("oh_user_action", null)]
    public async Task Message_OfAnOldSocket_IsAnswered(string name, string? auth)
    {
        await using var host = await StartAsync();
        var id = await host.CreateAsync();
        await using var client = DriverClient.Node(visit => DriverCommands.JavaScriptConnect(
            visit, auth is null ? null : new JObject { ["auth"] = JObject.Parse(auth) }));

        await client.ConnectAsync(new Visit(host.Gateway.Address, id));
        await client.ReadAsync("connect");
        await client.CommandAsync(new JObject { ["do"] = "emit", ["name"] = name, ["payload"] = Actions.Message("Hello") });

        while ((string?)(await client.ReadAsync("event"))["event"]["message"] != "You said: Hello")
        {
            // What comes before.
        }
    }

    /// <summary>0.43 to 0.51 write it with an underscore.</summary>
    [Fact]
    public async Task RememberPrompt_WithAnUnderscore_IsTheSameRoute()
    {
        await using var host = await StartAsync();
        var id = await host.CreateAsync();

        var old = await host.SendAsync("GET", $"/api/conversations/{id}/remember_prompt?event_id=0");
        var now = await host.SendAsync("GET", $"/api/conversations/{id}/remember-prompt?event_id=0");

        old.Should().Be(now);
        old.Status.Should().NotBe(HttpStatusCode.NotFound);
    }

    /// <summary>0.44 to 0.48 ask every server for what the hosted one alone knows; the UI's page would not be read as "none".</summary>
    [Theory]
    [InlineData("GET", "/feedback/conversation/6b9cd/7")]
    [InlineData("POST", "/feedback/conversation")]
    public async Task Feedback_OfTheHostedProduct_IsNone(string method, string path)
    {
        using var web = new WebFolder();
        await using var host = await StartAsync($"Web:Root={web.Root}");

        var answer = await host.SendAsync(method, path, method == "POST" ? "{}" : null);

        answer.Should().Be((HttpStatusCode.NotFound, """{"detail":"Not Found"}"""));
    }

    /// <summary>Routes of the first UIs that V0 dropped are told to be missing, and never answered with the page.</summary>
    [Theory]
    [InlineData("/api/github/user")]
    [InlineData("/api/github/repositories?page=1")]
    public async Task Route_ThatV0Dropped_IsNotThePage(string path)
    {
        using var web = new WebFolder();
        await using var host = await StartAsync($"Web:Root={web.Root}");

        (await host.SendAsync("GET", path)).Should().Be((HttpStatusCode.NotFound, """{"detail":"Not Found"}"""));
    }

    /// <summary>The file editor of the UIs up to 0.31.</summary>
    [Fact]
    public async Task SaveFile_OfTheFileEditor_IsInTheWorkspace()
    {
        using var workspace = new TestWorkspace();
        await using var host = await StartAsync(workspace.Setting);
        var id = await host.CreateAsync();

        var answer = await host.SendAsync("POST", $"/api/conversations/{id}/save-file", """{"filePath":"a.txt","content":"b"}""");

        answer.Status.Should().Be(HttpStatusCode.OK);
        (await File.ReadAllTextAsync(workspace.PathOf("a.txt"))).Should().Be("b");
    }

    private static Task<ConversationHost> StartAsync(params string[] settings) =>
        ConversationHost.StartAsync(null, null, ["Agent=echo", "Echo:StepDelay=00:00:00.010", .. settings]);
}
