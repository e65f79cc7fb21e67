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
