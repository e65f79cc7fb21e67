using System.Net;
using System.Net.WebSockets;
using System.Text;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Conversations;

/// <summary>
/// What web UIs before 0.62 ask of conversations in other ways, as they send it. The forms of POST are in
/// <see cref="CreateConversationTests"/>.
/// </summary>
public sealed class OldWebUiTests
{
    private const string Message =
        """{"id":0,"source":"user","message":"Hello there","action":"message","args":{"content":"Hello there"}}""";

    /// <summary>0.41.1 to 0.44.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task Start_WithoutABody_Starts(string? body)
    {
        await using var host = await ConversationHost.StartAsync(static store => ConversationHost.Put(store, ConversationHost.Id));

        (await host.SendAsync("POST", $"/api/conversations/{ConversationHost.Id}/start", body)).Body.Should().Contain("STARTING");

        (await host.GetAsync(ConversationHost.Id))["status"]!.ToString().Should().Be("RUNNING");
    }

    /// <summary>0.30 to 0.37 ask so for a title, while the default one is there.</summary>
    [Theory]
    [InlineData("Conversation 6b9cd", true, HttpStatusCode.OK, "Hello there")]
    [InlineData("", true, HttpStatusCode.OK, "Hello there")]
    [InlineData("Conversation 6b9cd", false, HttpStatusCode.OK, "Conversation 6b9cd")]
    [InlineData("Given by hand", true, HttpStatusCode.UnprocessableEntity, "Given by hand")]
    public async Task Rename_EmptyTitle_MakesOneWhereThereIsNone(string title, bool hasMessage, HttpStatusCode status, string expected)
    {
        await using var host = await ConversationHost.StartAsync(store =>
        {
            ConversationHost.Put(store, ConversationHost.Id, ("title", title));
            if (hasMessage)
            {
                Directory.CreateDirectory(store.PathOf("sessions", ConversationHost.Id, "events"));
                File.WriteAllText(store.PathOf("sessions", ConversationHost.Id, "events", "0.json"), Message);
            }
        });

        (await host.SendAsync("PATCH", $"/api/conversations/{ConversationHost.Id}", """{"title":""}""")).Status.Should().Be(status);

        (await host.GetAsync(ConversationHost.Id))["title"]!.ToString().Should().Be(expected);
    }

    /// <summary>Up to 0.41.0 they never call start.</summary>
    [Fact]
    public async Task Connect_ToAStoppedConversation_OpensIt()
    {
        await using var host = await ConversationHost.StartAsync(static store => ConversationHost.Put(store, ConversationHost.Id));
        (await host.GetAsync(ConversationHost.Id))["status"]!.ToString().Should().Be("STOPPED");

        await using var client = await host.JoinAsync(ConversationHost.Id);

        (await host.GetAsync(ConversationHost.Id))["status"]!.ToString().Should().Be("RUNNING");
    }

    /// <summary>
    /// Up to 0.21 they send what was typed on the first page when the agent says <c>init</c>. Of what comes before the CONNECT answer they
    /// see the last state alone.
    /// </summary>
    [Theory]
    [InlineData("", "http://localhost:3000", "CONNECT init awaiting_user_input")]
    [InlineData("&providers_set=", "http://localhost:3000", "awaiting_user_input CONNECT")]
    [InlineData("", null, "awaiting_user_input CONNECT")]
    public async Task Connect_OfAnOldPage_IsToldInitOnce(string query, string? origin, string expected)
    {
        await using var host = await ConversationHost.StartAsync();
        var id = await host.CreateAsync();
        await Eventually.IsTrueAsync(() => host.Store.Events(id).Count == 3, "the new conversation waits for its user");

        var seen = await StatesAsync(host, id, query, origin);

        seen.Should().Equal(expected.Split(' '));
        host.Store.Events(id).Should().HaveCount(3, "it is stored nowhere");
    }

    private static async Task<List<string>> StatesAsync(ConversationHost host, string id, string query, string? origin)
    {
        using var socket = new ClientWebSocket();
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        var address = new Uri(
            host.Gateway.Address, $"/socket.io/?latest_event_id=-1&conversation_id={id}{query}&EIO=4&transport=websocket");
        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws" }.Uri, CancellationToken.None).WaitAsync(TestLimits.Step);
        var states = new List<string>();
        while (!states.Contains("CONNECT") || !states.Contains("awaiting_user_input"))
        {
            var frame = await ReceiveAsync(socket);
            if (frame.StartsWith('0'))
            {
                await socket.SendAsync("40"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            }
            else if (frame.StartsWith("40", StringComparison.Ordinal))
            {
                states.Add("CONNECT");
            }
            else if (frame.StartsWith("42", StringComparison.Ordinal)
                && (string?)WireJson.Parse(frame[2..])[1]?["extras"]?["agent_state"] is { } state)
            {
                states.Add(state);
            }
        }

        return states;
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1_024];
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(TestLimits.Step);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }
}
