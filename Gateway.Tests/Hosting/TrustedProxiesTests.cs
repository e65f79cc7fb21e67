using System.Net;

using Gateway.Tests.Support;

using Microsoft.Extensions.Options;

namespace Gateway.Tests.Hosting;

/// <summary>Browsers behind a proxy on the same machine are told apart as if there were none.</summary>
public sealed class TrustedProxiesTests
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

    /// <summary>What the access server is told is what everybody in the program sees.</summary>
    [Theory]
    [InlineData("192.0.2.1", "198.51.100.7", "127.0.0.1", "http")]
    [InlineData("127.0.0.0/8", "198.51.100.7", "198.51.100.7", "https")]
    [InlineData("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7", "https")]
    [InlineData("127.0.0.0/8", "203.0.113.9, 198.51.100.7, 127.0.0.5", "198.51.100.7", "https")]
    public async Task Address_OfARequest_IsWhatAListedProxySaysAndNobodyElse(string trusted, string said, string client, string scheme)
    {
        using var store = TempStore.Empty();
        await using var server = await StandInAccessServer.StartAsync();
        await using var host = await GatewayHost.StartAsync(
            store, $"Proxies:Trusted:0={trusted}", "Access:Mode=Forward", $"Access:Forward:Address={server.Url}");
        using var http = new HttpClient { BaseAddress = host.Address, Timeout = TestLimits.Step };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/conversations");
        request.Headers.Add("X-Forwarded-For", said);
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var socket = await RawEngineClient.OpenAsync(
            host.Address.Port, "/socket.io/", "&conversation_id=c1", null, $"X-Forwarded-For: {said}", "X-Forwarded-Proto: https");

        (await http.SendAsync(request)).Dispose();
        await socket.SendTextAsync("40");
        await server.AskedAsync(2);

        server.Questions.Select(static asked => asked["X-Forwarded-For"].ToString()).Should().Equal(client, client);
        server.Questions.Select(static asked => asked["X-Forwarded-Proto"].ToString()).Should().Equal(scheme, scheme);
    }

    [Theory]
    [InlineData("Proxies:Trusted:0=proxy.test", "Proxies:Trusted has 'proxy.test'")]
    [InlineData("Proxies:Trusted:0=10.0.0.0/40", "Proxies:Trusted has '10.0.0.0/40'")]
    public async Task Start_WithAProxyThatIsNone_SaysSo(string setting, string problem)
    {
        using var store = TempStore.Empty();

        var start = () => GatewayHost.StartAsync(store, setting);

        (await start.Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().Contain(line => line.Contains(problem));
    }
}
