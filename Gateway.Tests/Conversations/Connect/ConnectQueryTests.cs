using System.Text;

using Gateway.Conversations.Connect;
using Gateway.Conversations.Events;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Tests.Conversations.Connect;

public sealed class ConnectQueryTests
{
    [Fact]
    public void Parse_WebClientsQuery_GivesItsParts()
    {
        var query = Parse("?latest_event_id=41&conversation_id=5f0c&providers_set=github,gitlab&session_api_key=k&EIO=4&transport=websocket");

        query.ConversationId.Should().Be("5f0c");
        query.LatestEventId.Should().Be(41);
        query.UnknownProviders.Should().BeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("?conversation_id=")]
    [InlineData("?conversation_id")]
    public void Parse_NoConversationId_IsNull(string query) => Parse(query).ConversationId.Should().BeNull();

    [Fact]
    public void Parse_RepeatedParameter_TakesTheFirstThatIsNotEmpty() =>
        Parse("?conversation_id=&conversation_id=a&conversation_id=b").ConversationId.Should().Be("a");

    [Theory]
    [InlineData(null, -1)]
    [InlineData("", -1)]
    [InlineData("undefined", -1)]
    [InlineData("null", -1)]
    [InlineData("NaN", -1)]
    [InlineData("3.0", -1)]
    [InlineData("3x", -1)]
    [InlineData("0x10", -1)]
    [InlineData("-1", -1)]
    [InlineData("-7", -1)]
    [InlineData("-99999999999999999999", -1)]
    [InlineData("0", 0)]
    [InlineData("007", 7)]
    [InlineData("%2B7", 7)]
    [InlineData("%207%20", 7)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("2147483648", int.MaxValue)]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999", int.MaxValue)]
    public void Parse_LatestEventId_IsAnIntegerOrNothing(string? text, int expected) =>
        Parse(text is null ? "" : $"?latest_event_id={text}").LatestEventId.Should().Be(expected);

    [Theory]
    [InlineData("", -1, true, 0)]
    [InlineData("{\"latest_event_id\":7,\"providers_set\":\"github,other\",\"kinds\":\"run\"}", 7, true, 1)]
    [InlineData("{\"latest_event_id\":\"7\",\"providers_set\":[\"github\",\"other\"]}", 7, true, 1)]
    [InlineData("{\"latest_event_id\":7.5}", -1, true, 0)]
    [InlineData("{\"latest_event_id\":null,\"providers_set\":{},\"kinds\":null}", -1, true, 0)]
    [InlineData("{\"latest_event_id\":\"\\ud800\"}", -1, true, 0)]
    [InlineData("{\"kinds\":1}", -1, false, 0)]
    public void ParseOwn_AuthPayload_GivesWhatAQueryWould(string auth, int latestEventId, bool isGood, int unknownProviders)
    {
        var query = ConnectQuery.ParseOwn("one", Encoding.UTF8.GetBytes(auth));

        query.ConversationId.Should().Be("one");
        query.LatestEventId.Should().Be(latestEventId);
        query.HasBadFilter.Should().Be(!isGood);
        query.UnknownProviders.Should().HaveCount(unknownProviders);
        query.NamesProviders.Should().BeTrue();
    }

    [Fact]
    public void Parse_KindsInBoth_TakesTheAuthPayloads()
    {
        var query = ConnectQuery.Parse(
            new QueryCollection(QueryHelpers.ParseQuery("?kinds=run&kinds=think")), "{\"kinds\":[\"message\"]}"u8.ToArray());

        query.Filter!.Wants(EventType.Of("message"u8, isAction: true)).Should().BeTrue();
        query.Filter.Wants(EventType.Of("run"u8, isAction: true)).Should().BeFalse();
        Parse("?kinds=run&kinds=think").Filter!.Wants(EventType.Of("think"u8, isAction: true)).Should().BeTrue();
        Parse("?kinds=").Filter.Should().BeNull();
    }

    [Fact]
    public void Parse_VeryLongLatestEventId_IsCutBeforeItIsRead() =>
        Parse($"?latest_event_id={new string('9', 1_000_000)}").LatestEventId.Should().Be(int.MaxValue);

    [Theory]
    [InlineData("providers_set=", 0)]
    [InlineData("providers_set=null", 0)]
    [InlineData("providers_set=undefined,,", 0)]
    [InlineData("providers_set=github,gitlab&providers_set=bitbucket,%20azure_devops,enterprise_sso", 0)]
    [InlineData("providers_set=github,sourcehut&providers_set=sourcehut,codeberg", 2)]
    [InlineData("providers_set=GitHub", 1)]
    public void Parse_Providers_UnknownOnesAreCountedOnce(string query, int unknown) =>
        Parse($"?{query}").UnknownProviders.Should().HaveCount(unknown);

    private static ConnectQuery Parse(string query) => ConnectQuery.Parse(new QueryCollection(QueryHelpers.ParseQuery(query)));
}
