using System.Diagnostics;

using Gateway.Operations.Telemetry;

namespace Gateway.Tests.Operations.Telemetry;

public sealed class SecretFreeSpansTests
{
    [Fact]
    public void OnEnd_ASpanWithAKeyInManyPlaces_HasNoneAndKeepsTheRest()
    {
        using var span = new Activity("GET /?session_api_key=key-4711").Start();
        span.SetTag("url.query", "session%5Fapi%5Fkey=key-4711&a=b");
        span.SetTag("url.full", "ws://host:1/sockets/session/1?session_api_key=key-4711");
        span.SetTag("http.target", "/socket.io/?sid=key-4711");
        span.SetTag("url.path", "/api/options/config");
        span.SetTag("http.response.status_code", 200);
        span.SetStatus(ActivityStatusCode.Error, "no answer from http://host/?session_api_key=key-4711");
        using var processor = new SecretFreeSpans();

        processor.OnEnd(span);

        string.Join(' ', [.. span.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}"), span.DisplayName, span.StatusDescription])
            .Should().NotContain("4711").And.ContainAll("url.full=ws://host:1/sockets/session/1", "url.path=/api/options/config", "=200");
        span.GetTagItem("url.query").Should().BeNull();
    }
}
