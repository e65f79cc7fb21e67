using Gateway.Primitives;

namespace Gateway.Tests.Primitives;

public sealed class SecretRedactorTests
{
    [Theory]
    [InlineData("/socket.io/?EIO=4&sid=abc&x=1", "/socket.io/?EIO=4&sid=***&x=1")]
    [InlineData("http://h/socket.io/?session_api_key=k%26y#top", "http://h/socket.io/?session_api_key=***#top")]
    [InlineData("?session%5Fapi%5Fkey=key", "?session%5Fapi%5Fkey=***")]
    [InlineData("?session_api_key=&sid=", "?session_api_key=&sid=")]
    [InlineData("?conversation_id=abc", "?conversation_id=abc")]
    [InlineData("/health", "/health")]
    public void RedactUrl_SecretParameters_AreReplaced(string url, string expected)
    {
        SecretRedactor.ForLogs.RedactUrl(url).Should().Be(expected);
    }

    [Theory]
    [InlineData("""0{"sid":"abc","upgrades":[]}""", """0{"sid":"***","upgrades":[]}""")]
    [InlineData("""40{"sid":"abc"}""", """40{"sid":"***"}""")]
    [InlineData("""40{"session_api_key":"a\"b"}""", """40{"session_api_key":"***"}""")]
    [InlineData("""{"text":"{\"session_api_key\":\"abc\"}"}""", """{"text":"{\"session_api_key\":\"***\"}"}""")]
    [InlineData("GET /socket.io/?sid=abc&t=1 HTTP/1.1", "GET /socket.io/?sid=***&t=1 HTTP/1.1")]
    [InlineData("GET /socket.io/?session%5Fapi%5fkey=abc&t=1 HTTP/1.1", "GET /socket.io/?session%5Fapi%5fkey=***&t=1 HTTP/1.1")]
    [InlineData("Authorization: Bearer abc\r\nHost: x", "Authorization: ***\r\nHost: x")]
    [InlineData("x-session-api-key: abc", "x-session-api-key: ***")]
    [InlineData("{\"Cookie\": \"a=b; c=d\"}", "{\"Cookie\": \"***\"}")]
    [InlineData("""42["oh_event",{"message":"the side door"}]""", """42["oh_event",{"message":"the side door"}]""")]
    [InlineData("inside=outside", "inside=outside")]
    public void RedactText_SecretsInAnyPlace_AreReplaced(string text, string expected)
    {
        SecretRedactor.ForLogs.RedactText(text).Should().Be(expected);
    }

    [Theory]
    [InlineData("""40{"token":"abc"}""", """40{"token":"***"}""")]
    [InlineData("""40/conversations/c1,{"latest_event_id":"7","token":"a\"b"}""",
        """40/conversations/c1,{"latest_event_id":"7","token":"***"}""")]
    [InlineData("""40/admin,{"username":"ann", "password": "abc","sessionId":""}""",
        """40/admin,{"username":"***", "password": "***","sessionId":""}""")]
    [InlineData("""40{"\u0074oken":"abc"}""", """40{"\u0074oken":"***"}""")]
    [InlineData("""40{"who":{"name":["ann"],"pin":12},"kinds":["message"],"keep":true,"no":null}""",
        """40{"who":{"name":["***"],"pin":"***"},"kinds":["message"],"keep":true,"no":null}""")]
    [InlineData("40{\"token\":\"abc\"}\u001e42[\"x\",{\"token\":\"a word\"}]", "40{\"token\":\"***\"}\u001e42[\"x\",{\"token\":\"a word\"}]")]
    [InlineData("2\u001e40{\"token\":\"abc\"}", "2\u001e40{\"token\":\"***\"}")]
    [InlineData("""40{"kinds":[],"token":"abc""", """40{"kinds":[],"token":***""")]
    [InlineData("""40{"token":"abc"}{"token":"def"}""", """40{"token":"***"}***""")]
    [InlineData("40{", "40{")]
    [InlineData("40", "40")]
    [InlineData("40/admin,", "40/admin,")]
    [InlineData("""42/admin,["session","abc"]""", """42/admin,["session","***"]""")]
    public void RedactText_WhatACallerShowsInItsConnect_IsReplaced(string text, string expected)
    {
        SecretRedactor.ForLogs.RedactText(text).Should().Be(expected);
    }

    [Fact]
    public void RedactText_AKeyInAConnect_HasTheNameThatItHasInAQuery()
    {
        var names = new Dictionary<string, string>();
        var redactor = new SecretRedactor(secret => names.TryGetValue(secret, out var name) ? name
            : secret.StartsWith("secret-", StringComparison.Ordinal) ? secret
            : names[secret] = $"secret-{names.Count + 1}");

        redactor.RedactUrl("?session_api_key=a%22b").Should().Be("?session_api_key=secret-1");
        redactor.RedactText("""40{"session_api_key":"a\"b"}""").Should().Be("""40{"session_api_key":"secret-1"}""");
    }

    [Fact]
    public void RedactText_NothingIsToBeReplaced_LeavesEachByteOfAConnect()
    {
        var redactor = new SecretRedactor(static secret => secret);
        const string Text = """40{ "token" : "a\u0062\"c", "n":1.50 }""";

        redactor.RedactText(Text).Should().Be(Text);
    }

    [Theory]
    [InlineData("Authorization", "Bearer abc", "***")]
    [InlineData("COOKIE", "a=b", "***")]
    [InlineData("X-Session-API-Key", "", "")]
    [InlineData("Referer", "http://h/?session_api_key=abc", "http://h/?session_api_key=***")]
    [InlineData("Host", "localhost", "localhost")]
    public void RedactHeader_ByName_ReplacesSecretOnes(string name, string value, string expected)
    {
        SecretRedactor.ForLogs.RedactHeader(name, value).Should().Be(expected);
    }

    [Fact]
    public void Redact_OneSecretInSeveralPlaces_GivesTheSameNameEachTime()
    {
        var names = new Dictionary<string, string>();
        var redactor = new SecretRedactor(secret => names.TryAdd(secret, $"secret-{names.Count + 1}") ? names[secret] : names[secret]);

        var frame = redactor.RedactText("""0{"sid":"abc"}""");
        var other = redactor.RedactUrl("?sid=xyz");
        var url = redactor.RedactUrl("?sid=abc");

        frame.Should().Be("""0{"sid":"secret-1"}""");
        other.Should().Be("?sid=secret-2");
        url.Should().Be("?sid=secret-1");
    }
}
