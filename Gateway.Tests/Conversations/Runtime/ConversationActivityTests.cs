using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary><c>metadata.json</c> lives as V0's does, written at most once a second, and in ten seconds or so for the time alone.</summary>
public sealed class ConversationActivityTests
{
    [Fact]
    public async Task Append_FirstUserMessage_MakesTheTitleAndTellsTheRoom()
    {
        await using var rig = Rig();
        var client = await rig.JoinAsync();

        await client.ActAsync("""{"action":"message","args":{"content":"  A message whose title the model fails to make "}}""");

        // As V0's recording ui-new-conversation-no-title shows it.
        (await ReadTitleAsync(client))
            .Should()
            .Be("""{"status_update":true,"type":"info","message":"c1","conversation_title":"A message whose title the mode..."}""");
        rig.Metadata()["title"]!.ToString().Should().Be("A message whose title the mode...");
    }

    [Fact]
    public async Task Append_MessageWithoutText_KeepsTheDefaultTitleUntilOneHasText()
    {
        await using var rig = Rig();
        var client = await rig.JoinAsync();
        await client.ActAsync("""{"action":"message","args":{"content":" ","image_urls":["data:image/png;base64,AA=="]}}""");
        await UntilAsync(rig, 1);
        rig.Metadata()["title"]!.ToString().Should().Be("Conversation c1");

        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await client.ActAsync("""{"action":"message","args":{"content":"Now with text"}}""");

        (await ReadTitleAsync(client)).Should().Contain("Now with text");
    }

    [Theory]
    [InlineData("Given by hand")]
    [InlineData("")]
    public async Task Append_TitleWasGiven_Stays(string title)
    {
        await using var rig = Rig();
        var client = await rig.JoinAsync();
        await rig.Service.RenameAsync(ConversationRig.Key("c1"), title, CancellationToken.None);

        await client.ActAsync("""{"action":"message","args":{"content":"hello"}}""");
        await UntilAsync(rig, 2);

        rig.Metadata()["title"]!.ToString().Should().Be(title);
    }

    /// <summary>As V0's recording rest-rare shows it.</summary>
    [Fact]
    public async Task Append_TheDefaultTitleWasGivenByHand_IsReplacedWithTheNextEvent()
    {
        await using var rig = Rig();
        var (conversation, _) = await WithATitleAsync(rig);
        await rig.Service.RenameAsync(ConversationRig.Key("c1"), "Conversation c1", CancellationToken.None);
        rig.Metadata()["title"]!.ToString().Should().Be("Conversation c1");

        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await conversation.AppendAsync(Drafts.Message("done"), EventSource.Agent, CancellationToken.None);

        await UntilAsync(rig, 3);
        rig.Metadata()["title"]!.ToString().Should().Be("hello");
    }

    /// <summary>Its own is the last write of a conversation that nothing happens in any more.</summary>
    [Fact]
    public async Task Append_TheWriteFails_IsTriedAgainWithoutAnotherEvent()
    {
        await using var rig = Rig();
        rig.Log.Expect("its metadata could not be brought up to date");
        await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        rig.Store.BeforeReplace = static () => throw new IOException("no space");
        var draft = Drafts.Message("done");
        draft["llm_metrics"] = JObject.Parse("""{"accumulated_cost":0.5}""");
        await conversation.AppendAsync(draft, EventSource.Agent, CancellationToken.None);
        await rig.Log.WaitForAsync("its metadata could not be brought up to date");
        var lastActive = ConversationMetadata.Timestamp(rig.Clock.GetUtcNow());
        rig.Store.BeforeReplace = static () => Task.CompletedTask;

        await rig.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => rig.Store.ReplaceCount == 1);

        rig.Metadata()["last_updated_at"]!.ToString().Should().Be(lastActive);
        rig.Metadata()["accumulated_cost"]!.Value<double>().Should().Be(0.5);
    }

    [Fact]
    public async Task Append_ManyEvents_WritesAtMostOnceASecondAndTheLastAtTheEnd()
    {
        await using var rig = Rig();
        await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        for (var id = 0; id < 100; id++)
        {
            await conversation.AppendAsync(Drafts.Message($"{id}"), EventSource.Agent, CancellationToken.None);
        }

        await UntilAsync(rig, 1);
        rig.Store.ReplaceCount.Should().Be(1);

        // The clock is ahead of the last event by less than the interval.
        rig.Clock.Advance(TimeSpan.FromMilliseconds(500));
        await conversation.AppendAsync(Drafts.Message("last"), EventSource.Agent, CancellationToken.None);
        var lastActive = rig.Clock.GetUtcNow();
        await rig.Registry.CloseAll().Ended.WaitAsync(TestLimits.Step);

        rig.Store.ReplaceCount.Should().Be(2);
        rig.Metadata()["last_updated_at"]!.ToString().Should().Be(ConversationMetadata.Timestamp(lastActive));
    }

    [Fact]
    public async Task Append_QuietAfterABurst_WritesTheRestWhenTheSecondIsOver()
    {
        await using var rig = Rig();
        await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        await conversation.AppendAsync(Drafts.Message("0"), EventSource.Agent, CancellationToken.None);
        await UntilAsync(rig, 1);
        rig.Clock.Advance(TimeSpan.FromMilliseconds(400));
        await conversation.AppendAsync(Drafts.Message("1"), EventSource.Agent, CancellationToken.None);
        var lastActive = rig.Clock.GetUtcNow();

        await rig.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => rig.Store.ReplaceCount == 2);

        rig.Metadata()["last_updated_at"]!.ToString().Should().Be(ConversationMetadata.Timestamp(lastActive));
    }

    [Fact]
    public async Task Append_TheTitleIsMade_WritesTheTimeEachTenSecondsOrSoAndTellsTheNewest()
    {
        await using var rig = Rig();
        var (conversation, written) = await WithATitleAsync(rig);

        rig.Clock.Advance(TimeSpan.FromMilliseconds(400));
        await conversation.AppendAsync(Drafts.Message("done"), EventSource.Agent, CancellationToken.None);
        var lastActive = ConversationMetadata.Timestamp(rig.Clock.GetUtcNow());
        var told = await rig.Service.FindAsync(ConversationRig.Key("c1"), CancellationToken.None);
        var stored = rig.Metadata()["last_updated_at"]!.ToString();
        await rig.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => rig.Store.ReplaceCount == 2);

        told!.Metadata!["last_updated_at"]!.ToString().Should().Be(lastActive);
        stored.Should().Be(ConversationMetadata.Timestamp(written));
        (rig.Clock.GetUtcNow() - written).Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(7.5));
        rig.Metadata()["last_updated_at"]!.ToString().Should().Be(lastActive);
    }

    [Fact]
    public async Task Append_TheTitleIsMadeAndTheModelCosts_WritesThatInASecond()
    {
        await using var rig = Rig();
        var (conversation, written) = await WithATitleAsync(rig);
        await conversation.AppendAsync(Drafts.Message("1"), EventSource.Agent, CancellationToken.None);
        var draft = Drafts.Message("2");
        draft["llm_metrics"] = JObject.Parse("""{"accumulated_cost":0.5}""");
        await conversation.AppendAsync(draft, EventSource.Agent, CancellationToken.None);

        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(rig, 2);

        (rig.Clock.GetUtcNow() - written).Should().Be(TimeSpan.FromSeconds(1));
        rig.Metadata()["accumulated_cost"]!.Value<double>().Should().Be(0.5);
    }

    [Fact]
    public async Task Append_EventWithMetrics_WritesCostAndTokensAndKeepsUnknownFields()
    {
        await using var rig = Rig();
        await rig.JoinAsync();
        var path = rig.PathOf("metadata.json");
        var before = rig.Metadata();
        before["a_later_field"] = new JObject { ["x"] = 1 };
        await File.WriteAllTextAsync(path, before.ToString());
        var conversation = await rig.Agent.Started;
        var draft = Drafts.Message("done");
        draft["llm_metrics"] = JObject.Parse(
            """{"accumulated_cost":0.003625,"accumulated_token_usage":{"prompt_tokens":970,"completion_tokens":120},"costs":[]}""");

        await conversation.AppendAsync(draft, EventSource.Agent, CancellationToken.None);
        await UntilAsync(rig, 1);

        var after = rig.Metadata();
        after["accumulated_cost"]!.Value<double>().Should().Be(0.003625);
        after["prompt_tokens"]!.Value<int>().Should().Be(970);
        after["completion_tokens"]!.Value<int>().Should().Be(120);
        after["total_tokens"]!.Value<int>().Should().Be(1090);
        after["a_later_field"]!["x"]!.Value<int>().Should().Be(1);
        after.Properties()
            .Select(static property => property.Name)
            .Should()
            .Equal(before.Properties().Select(static property => property.Name));
    }

    [Theory]
    [InlineData("short", "short")]
    [InlineData("  thirty characters are this long  ", "thirty characters are this lon...")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("12345678901234567890123456789😀😀", "12345678901234567890123456789😀...")]
    public void TitleOf_Message_IsCutAsV0Cuts(string message, string title) => ConversationMetadata.TitleOf(message).Should().Be(title);

    private static ConversationRig Rig()
    {
        var rig = new ConversationRig();
        rig.Agent.NamesConversation = false;
        return rig;
    }

    /// <summary>The agent of a conversation that has its title, and when that was written.</summary>
    private static async Task<(IAgentConversation Conversation, DateTimeOffset Written)> WithATitleAsync(ConversationRig rig)
    {
        var client = await rig.JoinAsync();
        await client.ActAsync("""{"action":"message","args":{"content":"hello"}}""");
        await ReadTitleAsync(client);
        rig.Store.ReplaceCount.Should().Be(1);
        return (await rig.Agent.Started, rig.Clock.GetUtcNow());
    }

    private static async Task<string> ReadTitleAsync(FakeClient client)
    {
        while (true)
        {
            var json = Packets.Event(await client.ReadRawAsync());
            if (json["conversation_title"] is not null)
            {
                return json.ToString(Newtonsoft.Json.Formatting.None);
            }
        }
    }

    private static Task UntilAsync(ConversationRig rig, int count) =>
        Eventually.IsTrueAsync(() => rig.Store.ReplaceCount >= count, $"the metadata is written {count} times");
}
