using System.Net;
using System.Net.Http.Headers;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.Options;

using SocketIOClient.Transport;

namespace Gateway.Tests.Wire;

/// <summary>Signed tokens let in at every door, each user to a store of their own.</summary>
public sealed class JwtAccessTests : IDisposable
{
    private readonly TempStore _store = TempStore.Empty();
    private readonly TokenIssuer _issuer = TokenIssuer.OfAFile();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Token_OfAUser_OpensTheSocketAndRestOfThatUser()
    {
        await using var host = await GatewayHost.StartAsync(_store, Settings());
        var token = _issuer.Sign(DateTimeOffset.UtcNow, "ann");
        await using var ann = new CSharpClient(TransportProtocol.WebSocket);
        await using var stranger = new CSharpClient(TransportProtocol.WebSocket);

        await ann.ConnectAsync(new Visit(host.Address, "c1") { Token = token });
        await ann.ReadAsync("connect");
        await stranger.ConnectAsync(new Visit(host.Address, "c1"));

        (await stranger.ReadAsync("refused"))["refused"].ToString().Should().Be("A token is required");
        var (status, body, _) = await GetAsync(host, token);
        status.Should().Be(HttpStatusCode.OK);
        body.Should().Contain("\"c1\"");
        (status, body, var challenge) = await GetAsync(host, _issuer.Sign(DateTimeOffset.UtcNow - TimeSpan.FromHours(1), "ann"));
        status.Should().Be(HttpStatusCode.Unauthorized);
        body.Should().Be("""{"detail":"The token has expired"}""");
        challenge.Should().Contain("invalid_token");
        Directory.Exists(_store.PathOf("users", "ann", "conversations", "c1")).Should().BeTrue();
        host.Log.Count(token).Should().Be(0);
    }

    [Theory]
    [InlineData("Access:Mode=Jwt", "needs one of Access:Jwt:Authority and Access:Jwt:KeySet")]
    [InlineData("Access:Mode=Jwt", "needs Access:Jwt:Audience")]
    [InlineData("Access:Jwt:KeySet=/nowhere/keys.json", "names a file that is not there")]
    [InlineData("Access:Jwt:Authority=http://issuer.test", "must be https")]
    [InlineData("Access:Mode=Forward", "needs Access:Forward:Address")]
    [InlineData("Access:Forward:Address=ftp://x", "must be an http or https address")]
    public async Task Start_WithAModeThatLacksWhatItNeeds_SaysSo(string setting, string problem)
    {
        var start = () => GatewayHost.StartAsync(_store, setting);

        (await start.Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().Contain(line => line.Contains(problem));
    }

    [Fact]
    public async Task Start_WithASessionKeyThatNobodyWouldAskFor_SaysSo()
    {
        var start = () => GatewayHost.StartAsync(_store, [.. Settings(), "SESSION_API_KEY=key"]);

        (await start.Should().ThrowAsync<OptionsValidationException>()).Which.Message.Should().Contain("is for Access:Mode Open");
    }

    private static async Task<(HttpStatusCode Status, string Body, string Challenge)> GetAsync(GatewayHost host, string token)
    {
        using var http = new HttpClient { BaseAddress = host.Address, Timeout = TestLimits.Step };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.GetAsync("/api/conversations");
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.WwwAuthenticate.ToString());
    }

    private string[] Settings()
    {
        var file = _store.PathOf("keys.json");
        File.WriteAllText(file, _issuer.KeySet);
        return ["Access:Mode=Jwt", $"Access:Jwt:KeySet={file}", $"Access:Jwt:Issuer={_issuer.Name}", $"Access:Jwt:Audience={TokenIssuer.Audience}"];
    }
}
