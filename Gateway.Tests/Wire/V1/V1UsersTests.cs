using System.Net;
using System.Text;

using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using SocketIOClient.Transport;

namespace Gateway.Tests.Wire.V1;

/// <summary>A V1 server knows no users and answers whoever knows an id: a named user reaches what was made for that user alone.</summary>
public sealed class V1UsersTests
{
    private const string Settings = """{"llm_model":"openai/gpt-x","llm_api_key":"sk-user"}""";

    [Fact]
    public async Task NamedUser_OfAConversationThatV1Has_CannotReachItByItsId()
    {
        await using var server = await StandInAccessServer.StartAsync();
        await using var stage = await StartAsync(server);
        await using var socket = new CSharpClient(TransportProtocol.WebSocket);

        await socket.ConnectAsync(stage.Visit with { Token = "ann" });
        var files = await SendAsync(stage, "ann", HttpMethod.Get, $"/api/conversations/{V1Stage.Id}/list-files");
        var renamed = await SendAsync(stage, "ann", HttpMethod.Patch, $"/api/conversations/{V1Stage.Id}", """{"title":"mine"}""");
        var deleted = await SendAsync(stage, "ann", HttpMethod.Delete, $"/api/conversations/{V1Stage.Id}");
        var listed = await SendAsync(stage, "ann", HttpMethod.Get, "/api/conversations");

        (await socket.ReadAsync("refused"))["refused"].ToString().Should().Be("Failed to join conversation");
        files.Status.Should().Be(HttpStatusCode.NotFound);
        renamed.Status.Should().Be(HttpStatusCode.NotFound);
        deleted.Body.Should().Be("false");
        listed.Body.Should().Contain("\"results\":[]");
        stage.Server.Calls.Should().NotContain(static call =>
            call.Contains("PATCH") || call.Contains("DELETE") || call.StartsWith("/events"));
    }

    [Fact]
    public async Task NamedUser_OfAConversationOfOnesOwn_ReachesItAndAnotherUserDoesNot()
    {
        await using var server = await StandInAccessServer.StartAsync();
        await using var stage = await StartAsync(server);
        (await SendAsync(stage, "ann", HttpMethod.Post, "/api/settings", Settings)).Status.Should().Be(HttpStatusCode.OK);
        var created = await SendAsync(stage, "ann", HttpMethod.Post, "/api/conversations", """{"initial_user_msg":"Hi"}""");
        created.Status.Should().Be(HttpStatusCode.OK, created.Body);
        var id = ((Newtonsoft.Json.Linq.JObject)WireJson.Parse(created.Body)).Text("conversation_id");
        await using var ann = new CSharpClient(TransportProtocol.WebSocket);
        await using var bob = new CSharpClient(TransportProtocol.WebSocket);

        await ann.ConnectAsync(new Visit(stage.Host.Address, id) { Token = "ann" });
        await bob.ConnectAsync(new Visit(stage.Host.Address, id) { Token = "bob" });

        await ann.ReadAsync("connect");
        (await bob.ReadAsync("refused"))["refused"].ToString().Should().Be("Failed to join conversation");
    }

    private static Task<V1Stage> StartAsync(StandInAccessServer server) => V1Stage.StartAsync(
        "v1/hello", isNew: true, "NeverConfirm",
        "Access:Mode=Forward", $"Access:Forward:Address={server.Url}", "HttpApi:RateLimit=false");

    private static async Task<RestAnswer> SendAsync(V1Stage stage, string user, HttpMethod method, string path, string? body = null)
    {
        using var handler = new HttpClientHandler { UseCookies = false };
        using var http = new HttpClient(handler) { BaseAddress = stage.Host.Address, Timeout = TestLimits.Step };
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Cookie", $"login={user}");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var answer = await http.SendAsync(request);
        return new RestAnswer(answer.StatusCode, await answer.Content.ReadAsStringAsync(), "");
    }
}
