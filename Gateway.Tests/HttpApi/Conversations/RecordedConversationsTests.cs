namespace Gateway.Tests.HttpApi.Conversations;

/// <summary>The routes of conversations, asked as recorded clients asked V0, over V0's stores: the same answers.</summary>
public sealed class RecordedConversationsTests
{
    [Theory]
    [InlineData("rest-list")]
    [InlineData("rest-errors")]
    [InlineData("rest-errors-keyed")]
    [InlineData("rest-create")]
    [InlineData("rest-life")]
    [InlineData("rest-rare")]
    [InlineData("ui-home-list")]
    [InlineData("ui-stop-start")]
    [InlineData("ui-rename")]
    [InlineData("ui-delete")]
    [InlineData("ui-not-found")]
    [InlineData("ui-open-existing")]
    [InlineData("ui-new-conversation")]
    [InlineData("ui-two-tabs")]
    public async Task Answers_OfARecordedSession_AreV0s(string name)
    {
        var replay = await ConversationReplay.RunAsync(name);

        replay.Played.Should().BePositive();
        replay.Differences.Should().BeEmpty();
    }
}
