using Gateway.Primitives.Json;
using Gateway.Tests.Agents.V1.Translation;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Bridge;

/// <summary>Titles that V1 makes, and that it tells only when it is asked, against a stand-in server.</summary>
public sealed class TitleFollowerTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    [Fact]
    public async Task Title_MadeAfterTheFirstMessage_IsToldOnce()
    {
        await using var server = await StartServerAsync(isNew: true);
        var conversation = new MemoryConversation(Id);
        await using var harness = await new V1AgentHarness(server, conversation).StartAsync();

        await harness.ActAsync("message", new JObject { ["content"] = "Hi" });
        await conversation.UntilAsync(static c => c.Events.Any(static e => e.Text("action") == "message"));
        server.Rest.SetTitle(server.ConversationId, "Fix the add function");
        await conversation.UntilAsync(static c => Titles(c).Count > 0);
        await conversation.UntilAsync(static c => c.Events.Count(static e => e.Text("action") == "message") > 1);

        Titles(conversation).Should().Equal("Fix the add function");
        harness.Titles.Title.Should().Be("Fix the add function");
    }

    [Fact]
    public async Task Title_ChangedAtTheServer_IsToldWithTheNextTurn()
    {
        await using var server = await StartServerAsync(isNew: true);
        server.Rest.SetTitle(server.ConversationId, "First");
        var conversation = new MemoryConversation(Id);
        await using var harness = await new V1AgentHarness(server, conversation).StartAsync();
        await conversation.UntilAsync(static c => Titles(c).Count == 1);

        server.Rest.SetTitle(server.ConversationId, "Second");
        await harness.ActAsync("message", new JObject { ["content"] = "Hi" });
        await conversation.UntilAsync(static c => Titles(c).Count == 2);

        Titles(conversation).Should().Equal("First", "Second");
    }

    /// <summary>Nobody has spoken and no turn ends: nothing else would make anybody ask.</summary>
    [Fact]
    public async Task Title_ThatTheServerTells_IsFollowedAtOnce()
    {
        await using var server = await StartServerAsync(isNew: true);
        var conversation = new MemoryConversation(Id);
        await using var harness = await new V1AgentHarness(server, conversation).StartAsync();
        await conversation.UntilAsync(static c => c.TransientMessages.Any(static m => m.Text("id") == "STATUS$READY"));

        server.Rest.SetTitle(server.ConversationId, "Told");
        server.SendTransient(new V1Event().Update("title", "\"Told\""));
        await conversation.UntilAsync(static c => Titles(c).Count > 0);

        Titles(conversation).Should().Equal("Told");
        harness.Titles.Title.Should().Be("Told");
    }

    [Fact]
    public async Task Title_GivenHereMeanwhile_Stays()
    {
        await using var server = await StartServerAsync(isNew: true);
        server.Rest.SetTitle(server.ConversationId, "Of the server");
        var conversation = new MemoryConversation(Id);
        await using var harness = await new V1AgentHarness(server, conversation).StartAsync();
        await conversation.UntilAsync(static c => Titles(c).Count == 1);

        harness.Titles.Title = "Of the user";
        await harness.ActAsync("message", new JObject { ["content"] = "Hi" });
        await conversation.UntilAsync(static c => c.Events.Count(static e => e.Text("action") == "message") > 1);

        harness.Titles.Title.Should().Be("Of the user");
    }

    [Fact]
    public async Task Title_OfAServerThatMakesNone_IsV0sOwn()
    {
        await using var server = await StartServerAsync(isNew: false);
        var conversation = new MemoryConversation(Id);
        await using var harness = await new V1AgentHarness(server, conversation).StartAsync();

        await harness.ActAsync("message", new JObject { ["content"] = "Hi" });
        await conversation.UntilAsync(static c => Titles(c).Count == 1);

        var message = conversation.Events.First(static e => e.Text("action") == "message").Object("args").Text("content");
        Titles(conversation).Single().Should().StartWith(message[..2]);
    }

    private static List<string> Titles(MemoryConversation conversation) =>
        [.. conversation.TransientMessages.Select(static m => m.TextOrNull("conversation_title")).OfType<string>()];

    private static async Task<StandInV1Server> StartServerAsync(bool isNew)
    {
        var server = new StandInV1Server(V1Recording.Load(isNew ? "v1/hello" : "v1-1.1/hello").Log, Id)
        {
            HasSessionSocket = isNew,
            Version = isNew ? "1.57.0" : "1.1.0",
        };
        return await server.StartAsync();
    }
}
