using System.Text;

using Gateway.Conversations.Storage.Postgres;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>The text of a notice: what it says, and how much it can.</summary>
public sealed class NodeNoticesTests
{
    [Fact]
    public void Decode_WhatAnotherHasEncoded_GivesIt()
    {
        NodeNotice[] notices =
        [
            new(TestStore.Key("c"), 0, HasMessages: false),
            new(TestStore.Key("c", "somebody"), 2_147_483_647, HasMessages: true),
            new(TestStore.Key("d_-"), -1, HasMessages: true),
        ];

        var text = NodeNotices.Encode("a", notices);

        NodeNotices.Decode(text, "b").Should().Equal(notices);
        NodeNotices.Decode(text, "a").Should().BeEmpty("its sender knows it");
    }

    [Fact]
    public void Encode_MoreThanOneNoticeHolds_IsEmpty()
    {
        var longest = new NodeNotice(TestStore.Key(new string('c', 128), new string('u', 128)), int.MaxValue, HasMessages: true);
        var fits = 0;
        while (NodeNotices.Encode("a", Enumerable.Repeat(longest, fits + 1)) is { Length: > 0 } text)
        {
            Encoding.UTF8.GetByteCount(text).Should().BeLessThan(8_000);
            fits++;
        }

        fits.Should().Be(29);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a c")]
    [InlineData("a c:")]
    [InlineData("a c:1:2")]
    [InlineData("a c:1 /:2")]
    [InlineData("a c/u/v:1")]
    [InlineData("a ../c:1")]
    [InlineData("a c:99999999999")]
    public void Decode_AnythingElse_SaysToLookEverywhere(string text) => NodeNotices.Decode(text, "b").Should().BeNull();
}
