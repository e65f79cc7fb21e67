using System.Net;
using System.Security.Cryptography;

using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Wire.V1;

/// <summary>V1's routes through the gateway: who answers what, and that all of it arrives as it was sent.</summary>
public sealed class ProxyTests
{
    private static readonly (string, string) s_key = ("X-Session-API-Key", ProxyStage.GatewayKey);

    [Theory]
    [InlineData("GET", "/api/conversations", null, false)]
    [InlineData("GET", "/api/conversations", "v1", true)]
    [InlineData("GET", "/api/conversations", "V1", true)]
    [InlineData("GET", "/api/conversations/search", null, true)]
    [InlineData("GET", "/api/conversations/count", null, true)]
    [InlineData("GET", "/api/conversations/9beb4ee2-4290-4df3-97a2-f840ccb976b4", null, false)]
    [InlineData("GET", "/api/conversations/9beb4ee2-4290-4df3-97a2-f840ccb976b4", "v1", true)]
    [InlineData("POST", "/api/conversations/9beb4ee2-4290-4df3-97a2-f840ccb976b4/run", null, true)]
    [InlineData("POST", "/api/conversations/9beb4ee2-4290-4df3-97a2-f840ccb976b4/run", "v0", false)]
    [InlineData("GET", "/api/settings", null, false)]
    [InlineData("PATCH", "/api/settings", null, true)]
    [InlineData("HEAD", "/api/settings", null, false)]
    [InlineData("HEAD", "/api/file/home", null, true)]
    [InlineData("GET", "/api/file/home", null, true)]
    [InlineData("GET", "/api/gateway/nothing", null, false)]
    [InlineData("GET", "/alive", null, false)]
    [InlineData("GET", "/alive", "v1", true)]
    [InlineData("GET", "/server_info", null, false)]
    [InlineData("GET", "/v1/server_info", null, true)]
    [InlineData("GET", "/v1", null, true)]
    [InlineData("GET", "/v1/models", null, true)]
    [InlineData("GET", "/docs", null, false)]
    [InlineData("GET", "/v1/docs", null, true)]
    [InlineData("GET", "/redoc", null, true)]
    [InlineData("GET", "/ready", null, true)]
    [InlineData("GET", "/", null, false)]
    [InlineData("GET", "/", "v1", true)]
    [InlineData("GET", "/apiary", null, false)]
    public async Task Request_ByPathAndHeader_IsAnsweredByTheOneItIsFor(string method, string path, string? asked, bool isV1)
    {
        await using var stage = await ProxyStage.StartAsync();

        using var answer = await (asked is null
            ? stage.SendAsync(method, path, s_key)
            : stage.SendAsync(method, path, s_key, ("X-Gateway-Api", asked)));

        ProxyStage.IsFromV1(answer).Should().Be(isV1);
        stage.Server.Requests.Should().HaveCount(isV1 ? 1 : 0);
        if (isV1)
        {
            stage.Server.Last.Method.Should().Be(method);
            stage.Server.Last.Target.Should().Be(path switch { "/v1" => "/", "/v1/models" => path, _ => path.Replace("/v1/", "/") });
            stage.Server.Last.Headers.Should().NotContainKey("X-Gateway-Api");
        }
    }

    [Fact]
    public async Task Header_WithAnotherWord_IsRefused()
    {
        await using var stage = await ProxyStage.StartAsync();

        using var answer = await stage.SendAsync("GET", "/api/settings", s_key, ("X-Gateway-Api", "v2"));

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).Should().Be("""{"detail":"X-Gateway-Api must be v0 or v1"}""");
    }

    [Fact]
    public async Task Preflight_IsForWhomItsRequestIsFor()
    {
        await using var stage = await ProxyStage.StartAsync();
        var ofV0 = ("Access-Control-Request-Method", "POST");
        (string, string) origin = ("Origin", "http://localhost:3001");

        using var forV0 = await stage.SendAsync("OPTIONS", "/api/settings", origin, ofV0);
        using var forV1 = await stage.SendAsync("OPTIONS", "/api/settings", origin, ("Access-Control-Request-Method", "PATCH"));
        using var asked = await stage.SendAsync(
            "OPTIONS", "/api/settings", origin, ofV0, ("Access-Control-Request-Headers", "content-type, x-gateway-api"));

        new[] { forV0, forV1, asked }.Select(ProxyStage.IsFromV1).Should().Equal(false, true, true);
        forV0.Headers.GetValues("Access-Control-Allow-Methods").Should().ContainSingle();
    }

    [Fact]
    public async Task DocsOfV1_AskForTheirDocument_GetV1s()
    {
        await using var stage = await ProxyStage.StartAsync();

        using var ofPage = await stage.SendAsync("GET", "/openapi.json", ("Referer", new Uri(stage.Host.Address, "/v1/docs").ToString()));
        using var ofOther = await stage.SendAsync("GET", "/openapi.json", ("Referer", "http://elsewhere/v1/docs"));
        using var own = await stage.SendAsync("GET", "/openapi.json");

        new[] { ofPage, ofOther, own }.Select(ProxyStage.IsFromV1).Should().Equal(true, false, false);
    }

    [Fact]
    public async Task WithoutTheSetting_NothingIsPassedOn()
    {
        await using var stage = await ProxyStage.StartAsync("V1:Proxy=false");

        foreach (var path in new[] { "/sockets/events/x", "/api/file/home", "/v1/server_info", "/ready" })
        {
            using var answer = await stage.SendAsync("GET", path, s_key, ("X-Gateway-Api", "v1"));
            answer.StatusCode.Should().Be(HttpStatusCode.NotFound, path);
        }

        stage.Server.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task WebUi_BesideV1_HasItsPagesAndV1ItsPaths()
    {
        using var web = new WebFolder();
        await using var stage = await ProxyStage.StartAsync($"Web:Root={web.Root}");

        foreach (var path in new[] { "/", "/conversations/9beb4ee242904df397a2f840ccb976b4", "/settings", "/static/x", "/socketsandmore" })
        {
            using var page = await stage.SendAsync("GET", path);
            page.Content.Headers.ContentType?.MediaType.Should().Be("text/html", path);
            ProxyStage.IsFromV1(page).Should().BeFalse(path);
        }

        foreach (var path in new[] { "/sockets/events/x", "/api/no-such-thing", "/ready", "/v1/static/index.html" })
        {
            using var answer = await stage.SendAsync("GET", path, s_key);
            ProxyStage.IsFromV1(answer).Should().BeTrue(path);
        }
    }

    [Fact]
    public async Task Upload_LargerThanAnythingOfV0s_ArrivesWhileItIsSent()
    {
        await using var stage = await ProxyStage.StartAsync();
        var firstArrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        byte[] hash = [];
        stage.Server.Answer = async context =>
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[64 * 1_024];
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
            {
                sha.AppendData(buffer, 0, read);
                firstArrived.TrySetResult();
            }

            hash = sha.GetCurrentHash();
            context.Response.StatusCode = 201;
        };
        var block = RandomNumberGenerator.GetBytes(1_024 * 1_024);
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/file/upload?path=/a");
        request.Headers.Add("X-Session-API-Key", ProxyStage.GatewayKey);
        request.Content = new WrittenContent(async body =>
        {
            for (var i = 0; i < 40; i++)
            {
                expected.AppendData(block);
                await body.WriteAsync(block);
                await body.FlushAsync();
                await firstArrived.Task.WaitAsync(TestLimits.Step);
            }
        });

        using var answer = await stage.Http.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.Created);
        hash.Should().Equal(expected.GetCurrentHash());
    }

    [Fact]
    public async Task Download_ArrivesWhileItIsSent()
    {
        await using var stage = await ProxyStage.StartAsync();
        var firstRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var block = RandomNumberGenerator.GetBytes(1_024 * 1_024);
        stage.Server.Answer = async context =>
        {
            for (var i = 0; i < 40; i++)
            {
                await context.Response.Body.WriteAsync(block);
                await context.Response.Body.FlushAsync();
                await firstRead.Task.WaitAsync(TestLimits.Step);
            }
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/file/download?path=/a");
        request.Headers.Add("X-Session-API-Key", ProxyStage.GatewayKey);

        using var answer = await stage.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var got = new byte[block.Length];
        for (var i = 0; i < 40; i++)
        {
            await body.ReadExactlyAsync(got).AsTask().WaitAsync(TestLimits.Step);
            firstRead.TrySetResult();
            got.AsSpan().SequenceEqual(block).Should().BeTrue();
        }

        (await body.ReadAsync(got)).Should().Be(0);
    }

    [Fact]
    public async Task Request_Passed_HasTheHeadersThatNginxSets()
    {
        await using var stage = await ProxyStage.StartAsync();

        using var answer = await stage.SendAsync("GET", "/api/file/home?a=b%20c", s_key, ("X-Forwarded-For", "203.0.113.9"));

        var sent = stage.Server.Last;
        sent.Target.Should().Be("/api/file/home?a=b%20c");
        sent.Headers["Host"].Should().Be(stage.Host.Address.Authority);
        sent.Headers["X-Forwarded-Host"].Should().Be(stage.Host.Address.Authority);
        sent.Headers["X-Forwarded-Proto"].Should().Be("http");
        sent.Headers["X-Forwarded-For"].Should().Be("203.0.113.9", "the proxy of this machine has said it");
    }

    [Theory]
    [InlineData("/api/profiles/a%2Fb", "/api/profiles/a%2Fb")]
    [InlineData("/v1/api/profiles/100%25", "/api/profiles/100%25")]
    [InlineData("/api/profiles/a%20b", "/api/profiles/a%20b")]
    [InlineData("/api/profiles/%C3%A9", "/api/profiles/%C3%A9")]
    public async Task Path_WithCodedCharacters_IsTheSameAtV1(string path, string expected)
    {
        await using var stage = await ProxyStage.StartAsync();

        using var answer = await stage.SendAsync("GET", path, s_key);

        stage.Server.Last.Target.Should().Be(expected);
    }

    [Fact]
    public async Task Path_BelowTheAddressThatBrowsersKnow_IsV1sWithoutIt()
    {
        await using var stage = await ProxyStage.StartAsync("HttpApi:PublicUrl=https://example.org/gateway");
        stage.Server.Answer = static context =>
        {
            context.Response.Headers.SetCookie = "a=b; Path=/api/conversations";
            return Task.CompletedTask;
        };

        using var own = await stage.SendAsync("GET", "/gateway/api/profiles/a%2Fb?x=1", s_key);
        using var below = await stage.SendAsync("GET", "/gateway/v1/api/settings", s_key);
        using var ofV0 = await stage.SendAsync("GET", "/gateway/api/options/config", s_key);

        stage.Server.Requests.Select(static request => request.Target).Should().Equal("/api/profiles/a%2Fb?x=1", "/api/settings");
        own.Headers.GetValues("Set-Cookie").Should().Equal("a=b; Path=/gateway/api/conversations");
        below.Headers.GetValues("Set-Cookie").Should().Equal("a=b; Path=/gateway/v1/api/conversations");
        ProxyStage.IsFromV1(ofV0).Should().BeFalse();
    }

    [Fact]
    public async Task V1_AwayAndBack_IsToldToClientsAndOnceToTheLog()
    {
        await using var stage = await ProxyStage.StartAsync();
        var port = stage.Server.Address.Port;
        await stage.Server.DisposeAsync();
        stage.Host.Expect("The V1 server does not answer");

        for (var i = 0; i < 3; i++)
        {
            using var answer = await stage.SendAsync("GET", "/api/file/home", s_key);
            answer.StatusCode.Should().Be(HttpStatusCode.BadGateway);
            (await answer.Content.ReadAsStringAsync()).Should().Be("""{"detail":"The V1 server cannot be reached"}""");
        }

        await using var again = await ProxiedServer.StartAsync(port);
        using var ofV0 = await stage.SendAsync("GET", "/api/options/config", s_key);
        using var ofV1 = await stage.SendAsync("GET", "/api/file/home", s_key);

        ofV0.StatusCode.Should().Be(HttpStatusCode.OK);
        ofV1.StatusCode.Should().Be(HttpStatusCode.OK);
        stage.Host.Log.Count("does not answer what is passed").Should().Be(1);
        stage.Host.Log.Count("answers again what is passed").Should().Be(1);
    }

    [Fact]
    public async Task V1_ThatNeverAnswers_Is504()
    {
        await using var stage = await ProxyStage.StartAsync("V1:ProxyTimeout=00:00:01");
        stage.Host.Expect("The V1 server does not answer");
        stage.Server.Answer = static context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { });

        using var answer = await stage.SendAsync("POST", "/api/conversations/x/run", s_key);

        answer.StatusCode.Should().Be(HttpStatusCode.GatewayTimeout);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("has not answered in time");
    }

    [Fact]
    public async Task V0sRate_DoesNotHoldForV1()
    {
        await using var stage = await ProxyStage.StartAsync("HttpApi:RateLimit=true");

        for (var i = 0; i < 30; i++)
        {
            using var answer = await stage.SendAsync("GET", "/api/file/home", s_key);
            answer.StatusCode.Should().Be(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task AnswerOfV1_IsAsItGaveIt()
    {
        await using var stage = await ProxyStage.StartAsync();
        stage.Server.Answer = static context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "http://elsewhere/x";
            context.Response.Headers.CacheControl = "max-age=7";
            return context.Response.WriteAsync("moved");
        };

        using var answer = await stage.SendAsync("GET", "/v1/api/conversations/x", s_key);

        answer.StatusCode.Should().Be(HttpStatusCode.TemporaryRedirect);
        answer.Headers.Location.Should().Be("http://elsewhere/x");
        answer.Headers.CacheControl!.ToString().Should().Be("max-age=7");
        (await answer.Content.ReadAsStringAsync()).Should().Be("moved");
    }

    /// <summary>A body that a test writes as it goes.</summary>
    private sealed class WrittenContent(Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
