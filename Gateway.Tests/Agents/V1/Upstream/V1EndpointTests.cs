using Gateway.Agents.V1;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Upstream;

/// <summary>Addresses, ids, and what follows from a server's version and its close codes.</summary>
public sealed class V1EndpointTests
{
    private static readonly Guid s_id = Guid.Parse("9beb4ee242904df397a2f840ccb976b4");

    [Theory]
    [InlineData("http://host:8000", "ws://host:8000/sockets/session/9beb4ee2-4290-4df3-97a2-f840ccb976b4?after_seq=-1")]
    [InlineData("https://host", "wss://host/sockets/session/9beb4ee2-4290-4df3-97a2-f840ccb976b4?after_seq=-1")]
    [InlineData("https://host/runtime/5/", "wss://host/runtime/5/sockets/session/9beb4ee2-4290-4df3-97a2-f840ccb976b4?after_seq=-1")]
    public void SessionSocket_OfABase_KeepsItsPath(string baseUrl, string expected)
    {
        var endpoint = V1Endpoint.Create(baseUrl, "k");

        endpoint.SessionSocket(s_id, -1, keyInQuery: false).AbsoluteUri.Should().Be(expected);
    }

    [Fact]
    public void EventsSocket_KeyInQuery_IsEscapedAndNotShown()
    {
        var endpoint = V1Endpoint.Create("http://host/p", "a&b");

        endpoint.EventsSocket(s_id, "2026-11-21T10:00:00.5", keyInQuery: true).AbsoluteUri.Should().Be(
            "ws://host/p/sockets/events/9beb4ee2-4290-4df3-97a2-f840ccb976b4?resend_mode=since&after_timestamp=2026-11-21T10%3A00%3A00.5&session_api_key=a%26b");
        endpoint.ToString().Should().Be("http://host/p/");
        endpoint.Rest("api/x").AbsoluteUri.Should().Be("http://host/p/api/x");
    }

    [Theory]
    [InlineData("9beb4ee242904df397a2f840ccb976b4", true)]
    [InlineData("9beb4ee2-4290-4df3-97a2-f840ccb976b4", true)]
    [InlineData("undefined", false)]
    [InlineData("9beb4ee242904df397a2f840ccb976b", false)]
    public void TryParse_V0Id_IsOneIdInTwoSpellings(string text, bool isUuid)
    {
        ConversationId.TryParse(text, out var id).Should().BeTrue();

        ConversationUuid.TryParse(id, out var uuid).Should().Be(isUuid);
        (uuid == s_id).Should().Be(isUuid);
    }

    [Theory]
    [InlineData("1.1.0", false)]
    [InlineData("1.42.9", false)]
    [InlineData("1.43.1", true)]
    [InlineData("1.57.0", true)]
    [InlineData("2.0.0-rc1", true)]
    [InlineData("main", true)]
    [InlineData(null, true)]
    public void AuthOf_Version_IsTheFirstMessageWhereItIsKnown(string? version, bool firstMessage) =>
        ServerVersion.AuthOf(version).Should().Be(firstMessage ? V1Auth.FirstMessage : V1Auth.Query);

    [Theory]
    [InlineData("""[{"conversation_url":"https://h/r/5/api/conversations/9b","session_api_key":"k","sandbox_status":"RUNNING"}]""",
        "https://h/r/5/", 0)]
    [InlineData("""{"items":[{"conversation_url":"http://h/api/conversations/9b"}]}""", "http://h/", 0)]
    [InlineData("""[{"conversation_url":"http://h/api/conversations/9b","sandbox_status":"PAUSED"}]""", null, 1)]
    [InlineData("""[{"conversation_url":null,"sandbox_status":"STARTING"}]""", null, 1)]
    [InlineData("""[{"conversation_url":"file:///api/conversations/9b"}]""", null, 1)]
    [InlineData("[null]", null, 2)]
    [InlineData("7", null, 2)]
    public void Read_AppServersAnswer_NamesTheServerOrWhyNot(string body, string? address, int problem)
    {
        var found = AppServerLookup.Read(JToken.Parse(body));

        (found.Endpoint?.BaseUrl.AbsoluteUri).Should().Be(address);
        ((int)found.Problem).Should().Be(problem);
    }
}
