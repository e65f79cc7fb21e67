using System.Net;

using Gateway.Access;
using Gateway.Access.Forward;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tests.Access.Forward;

/// <summary>What the access server is told of a request, and what makes two requests the same question.</summary>
public sealed class ForwardQuestionTests
{
    private static readonly string[] s_copied = ["cookie", "authorization", "host"];

    [Fact]
    public void Of_ASocket_SaysWhereFromWhatForAndAsWhom()
    {
        var question = ForwardQuestion.Of(Request(("cookie", "login=ann"), ("host", "gateway.test"), ("accept", "x")), s_copied);

        question.Headers.Should().Equal(
            new("cookie", "login=ann"),
            new("X-Forwarded-Host", "gateway.test"),
            new("X-Original-URI", "/socket.io/"),
            new("X-Original-Method", "GET"),
            new("X-Forwarded-Uri", "/socket.io/"),
            new("X-Forwarded-Method", "GET"),
            new("X-Forwarded-Proto", "https"),
            new("X-Original-URL", "https://gateway.test/socket.io/"),
            new("X-Forwarded-For", "198.51.100.7"),
            new("X-Real-IP", "198.51.100.7"),
            new("X-Conversation-Id", "c1"));
    }

    [Fact]
    public void Of_ATokenInTheAuthPayload_IsSentAsABearerToken()
    {
        var request = Request() with { Auth = """{"token":"abc"}"""u8.ToArray() };

        ForwardQuestion.Of(request, s_copied).Headers.Should().Contain(new KeyValuePair<string, string>("authorization", "Bearer abc"));
    }

    [Fact]
    public void Of_WhatCannotStandInAHeader_LeavesItOutOrEscapesIt()
    {
        var request = Request(("cookie", "login=ä")) with
        {
            Auth = """{"token":"abc\r\nX-Real-IP: 127.0.0.1"}"""u8.ToArray(),
            ConversationId = "c1\r\nX-Real-IP: 127.0.0.1",
            Path = "/a b\n",
        };

        var question = ForwardQuestion.Of(request, s_copied);

        question.Headers.Select(static header => header.Key).Should().NotContain(["cookie", "authorization"]);
        question.Headers.Should().OnlyContain(static header => !header.Value.Contains('\n', StringComparison.Ordinal));
        question.Headers.Should().Contain(new KeyValuePair<string, string>("X-Original-URI", "/a%20b%0A"));
    }

    [Fact]
    public void Key_OfTheSameHeaders_IsTheSameWhateverTheQuery()
    {
        var one = Request(("cookie", "login=ann"));
        var other = one with { Query = new QueryCollection(new Dictionary<string, StringValues> { ["t"] = "1" }) };

        ForwardQuestion.Of(one, s_copied).Key.Should().Be(ForwardQuestion.Of(other, s_copied).Key);
    }

    [Fact]
    public void Key_OfAnotherCallerPathMethodOrConversation_IsAnother()
    {
        AccessRequest[] requests =
        [
            Request(("cookie", "login=ann")),
            Request(("cookie", "login=bob")),
            Request(("authorization", "login=ann")),
            Request(("cookie", "login=ann")) with { Path = "/api/settings" },
            Request(("cookie", "login=ann")) with { Method = "POST" },
            Request(("cookie", "login=ann")) with { ConversationId = "c2" },
            Request(("cookie", "login=ann")) with { RemoteAddress = IPAddress.Parse("198.51.100.8") },
        ];

        var keys = requests.Select(static request => ForwardQuestion.Of(request, s_copied).Key).ToList();

        keys.Should().OnlyHaveUniqueItems();
        keys.Should().OnlyContain(static key => !key.Contains("ann", StringComparison.Ordinal));
    }

    private static AccessRequest Request(params (string Name, string Value)[] headers) => new()
    {
        Channel = AccessChannel.Socket,
        Path = "/socket.io/",
        Query = QueryCollection.Empty,
        Headers = headers.ToDictionary(static header => header.Name, static header => header.Value),
        IsHttps = true,
        RemoteAddress = IPAddress.Parse("::ffff:198.51.100.7"),
        ConversationId = "c1",
    };
}
