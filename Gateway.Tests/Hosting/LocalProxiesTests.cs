using System.Net;

using Gateway.Tests.Support;

namespace Gateway.Tests.Hosting;

/// <summary>Browsers behind a proxy on the same machine are told apart as if there were none.</summary>
public sealed class LocalProxiesTests
{
    private const int AnsweredAtOnce = 10;

    /// <summary>By a clock that stands still what has to wait waits for ever.</summary>
    [Theory]
    [InlineData("198.51.100.7", "203.0.113.9")]
    [InlineData("203.0.113.9, 198.51.100.7", "203.0.113.9")]
    public async Task Limit_OfTwoBrowsersBehindAProxy_IsEachOnesOwn(string one, string other)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, new FakeTimeProvider());
        using var http = new HttpClient { BaseAddress = host.Address, Timeout = TestLimits.Step };

        foreach (var browser in Enumerable.Repeat(one, AnsweredAtOnce).Concat(Enumerable.Repeat(other, AnsweredAtOnce)))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/alive");
            request.Headers.Add("X-Forwarded-For", browser);
            (await http.SendAsync(request)).StatusCode.Should().Be(HttpStatusCode.OK);
        }
    }
}
