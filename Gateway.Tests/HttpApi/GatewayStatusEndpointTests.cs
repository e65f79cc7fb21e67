using System.Net;
using System.Net.Http.Headers;

using Gateway.Conversations.Runtime;
using Gateway.HttpApi;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.V1;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi;

/// <summary>One word about a conversation of either world.</summary>
public sealed class GatewayStatusEndpointTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    [Theory]
    [InlineData(false, false, null, "DISCONNECTED")]
    [InlineData(true, false, null, "CONNECTING")]
    [InlineData(true, true, null, "CONNECTED")]
    [InlineData(true, true, "OPEN", "CONNECTED")]
    [InlineData(true, true, "CONNECTING", "CONNECTING")]
    [InlineData(true, true, "CLOSING", "DISCONNECTED")]
    [InlineData(true, true, "CLOSED", "DISCONNECTED")]
    public void Word_SessionAndUpstream_IsThatOfTheWebClient(bool isOpening, bool isOpen, string? upstream, string expected) =>
        GatewayStatusEndpoint
            .Word(new SessionStatus(isOpen ? SessionState.Open : isOpening ? SessionState.Opening : SessionState.Closed, 0, upstream))
            .Should()
            .Be(expected);

    [Fact]
    public async Task Get_ConversationOfAStore_IsV0AndDisconnected()
    {
        using var store = TempStore.CopyOf(Repository.PathOf("protocol-fixtures", "v0", "confirmation", "store-after"));
        await using var host = await GatewayHost.StartAsync(store);
        var id = store.Conversations().Single();

        var (status, body) = await GetAsync(host.Address, id);

        status.Should().Be(HttpStatusCode.OK);
        body!.ToString(Formatting.None).Should().Be(
            $$"""{"version":"V0","status":"DISCONNECTED","upstream":null,"clients":0,"head":{{store.Events(id).Keys.Max()}}}""");
    }

    [Theory]
    [InlineData("no-such-conversation", HttpStatusCode.NotFound, "Conversation not found")]
    [InlineData("a.b", HttpStatusCode.BadRequest, "Invalid conversation_id")]
    [InlineData("%2e%2e%2fetc", HttpStatusCode.BadRequest, "Invalid conversation_id")]
    public async Task Get_IdThatIsNone_IsRefusedAndLeavesNoTrace(string id, HttpStatusCode expected, string detail)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);

        var (status, body) = await GetAsync(host.Address, id);

        status.Should().Be(expected);
        ((string?)body!["detail"]).Should().Be(detail);
        store.Conversations().Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("wrong", HttpStatusCode.Unauthorized)]
    [InlineData("right", HttpStatusCode.NotFound)]
    public async Task Get_WhereAKeyIsRequired_AsksForItFirst(string? key, HttpStatusCode expected)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "SESSION_API_KEY=right");

        var (status, _) = await GetAsync(host.Address, Id, key);

        status.Should().Be(expected);
    }

    [Fact]
    public async Task Get_ConversationOfAUser_IsFound()
    {
        using var store = TempStore.Empty();
        var folder = Directory.CreateDirectory(store.PathOf("users", "ann", "conversations", Id, "events"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "0.json"),
            """{"id":0,"source":"user","action":"message","args":{"content":"Hi"}}""");
        await using var host = await GatewayHost.StartAsync(store, "Conversations:UserId=ann");

        var (_, body) = await GetAsync(host.Address, Id);

        ((int)body!["head"]!).Should().Be(0);
    }

    [Fact]
    public async Task Get_ConversationOfV1_FollowsItsServer()
    {
        await using var stage = await V1Stage.StartAsync(
            "v1/hello", isNew: true, settings: ["CloseDelay=00:00:00.100", "V1:DetachAfter=00:00:00"]);
        var before = await GetAsync(stage.Host.Address, Id);
        await using (var client = await stage.ConnectAsync())
        {
            await client.UntilStateAsync("awaiting_user_input");
            var open = await GetAsync(stage.Host.Address, stage.Server.ConversationId.ToString("D"));
            stage.Server.IsDown = true;
            stage.Server.CutAll();
            await client.UntilStateAsync("error");
            var lost = await GetAsync(stage.Host.Address, Id);
            stage.Server.IsDown = false;
            await client.UntilStateAsync("awaiting_user_input");
            stage.Server.IsUnknown = true;
            stage.Server.CutAll();
            await client.UntilStateAsync("error");
            var ended = await GetAsync(stage.Host.Address, Id);

            open.Body!.ToString(Formatting.None)
                .Should()
                .Be("""{"version":"V1","status":"CONNECTED","upstream":"OPEN","clients":1,"head":1}""");
            ((string?)lost.Body!["status"]).Should().Be("CONNECTING");
            ((string?)ended.Body!["status"]).Should().Be("DISCONNECTED");
        }

        before.Status.Should().Be(HttpStatusCode.OK, "the server behind knows it");
        ((string?)before.Body!["status"]).Should().Be("DISCONNECTED");
    }

    private static async Task<(HttpStatusCode Status, JToken? Body)> GetAsync(Uri gateway, string id, string? key = null)
    {
        using var http = new HttpClient { BaseAddress = gateway };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/gateway/conversations/{id}/status");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (key is not null)
        {
            request.Headers.Add("X-Session-API-Key", key);
        }

        using var response = await http.SendAsync(request).WaitAsync(TestLimits.Step);
        return (response.StatusCode, WireJson.TryParse(await response.Content.ReadAsStringAsync()));
    }
}
