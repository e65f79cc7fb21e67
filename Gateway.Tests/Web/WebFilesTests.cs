using System.Net;
using System.Net.Http.Headers;

using Gateway.Tests.Support;

using Microsoft.Extensions.Options;

namespace Gateway.Tests.Web;

/// <summary>The web UI's folder at the root, behind all routes: what a browser gets for each kind of path.</summary>
public sealed class WebFilesTests : IAsyncLifetime, IDisposable
{
    private const string NoCache = "no-cache, no-store, must-revalidate, max-age=0";
    private const string Immutable = "public, max-age=2592000, immutable";

    private readonly TempStore _store = TempStore.Empty();
    private readonly WebFolder _web = new();
    private readonly HttpClient _http = new() { Timeout = TestLimits.Step };
    private GatewayHost? _host;

    public async Task InitializeAsync()
    {
        _host = await GatewayHost.StartAsync(_store, $"Web:Root={_web.Root}", "HttpApi:RateLimit=false");
        _http.BaseAddress = _host.Address;
    }

    public Task DisposeAsync() => _host!.DisposeAsync().AsTask();

    public void Dispose()
    {
        _http.Dispose();
        _web.Dispose();
        _store.Dispose();
    }

    [Theory]
    [InlineData("/", "text/html; charset=utf-8", NoCache)]
    [InlineData("/index.html", "text/html; charset=utf-8", NoCache)]
    [InlineData("/conversations/abc", "text/html; charset=utf-8", NoCache)]
    [InlineData("/settings/mcp", "text/html; charset=utf-8", NoCache)]
    [InlineData("/no/such/file.js", "text/html; charset=utf-8", NoCache)]
    [InlineData("/assets/app-1a2b.js", "text/javascript; charset=utf-8", Immutable)]
    [InlineData("/locales/en/translation.json", "application/json", NoCache)]
    [InlineData("/site.webmanifest", "application/manifest+json", NoCache)]
    public async Task Get_PathOfThePage_IsServed(string path, string type, string cache)
    {
        using var answer = await _http.GetAsync(path);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().Should().Be(type);
        string.Join(", ", answer.Headers.GetValues("Cache-Control").SelectMany(static value => value.Split(", ")).Order())
            .Should().Be(string.Join(", ", cache.Split(", ").Order()));
        answer.Headers.Contains("Pragma").Should().Be(cache == NoCache, "an old cache must not be told otherwise than a new one");
        answer.Content.Headers.Contains("Expires").Should().Be(cache == NoCache);
        answer.Headers.ETag.Should().NotBeNull();
        answer.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
        answer.Headers.GetValues("X-Frame-Options").Should().Equal("SAMEORIGIN");
    }

    [Theory]
    [InlineData("/api")]
    [InlineData("/api/nothing")]
    [InlineData("/assets/none.js")]
    [InlineData("/socket.io.js/x/../../api/x")]
    [InlineData("/sockets/events/x")]
    public async Task Get_PathThatIsNotThePages_IsNotFoundAndNeverThePage(string path)
    {
        using var answer = await _http.GetAsync(path);

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).Should().Be("""{"detail":"Not Found"}""");
        answer.Headers.CacheControl!.NoStore
            .Should()
            .BeTrue("a missing file must not be remembered as missing, or as the page, for 30 days");
    }

    [Fact]
    public async Task Get_WithItsETag_IsNotSentAgain()
    {
        using var first = await _http.GetAsync("/assets/app-1a2b.js");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/app-1a2b.js");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await _http.SendAsync(request);

        second.StatusCode.Should().Be(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Get_ARange_IsThatPart()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/app-1a2b.js");
        request.Headers.Range = new RangeHeaderValue(0, 9);

        using var answer = await _http.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.PartialContent);
        (await answer.Content.ReadAsStringAsync()).Should().Be("console.lo");
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task Get_ByABrowser_IsCompressed(string encoding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/app-1a2b.js");
        request.Headers.AcceptEncoding.ParseAdd(encoding);

        using var answer = await _http.SendAsync(request);

        answer.Content.Headers.ContentEncoding.Should().Equal(encoding);
        (await answer.Content.ReadAsByteArrayAsync()).Length.Should().BeLessThan(1_000);
    }

    [Theory]
    [InlineData("/../../../../etc/passwd")]
    [InlineData("/assets/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    public async Task Get_PathOutOfTheFolder_NeverLeavesIt(string target)
    {
        var answer = await RawEngineClient.SendAsync(_http.BaseAddress!.Port, "GET", target);

        answer.Status.Should().BeOneOf(200, 400, 404);
        answer.Text.Should().BeOneOf("", WebFolder.Page, """{"detail":"Not Found"}""");
    }

    [Fact]
    public async Task Get_ALink_IsFollowedWithinTheFolderOnly()
    {
        Directory.CreateDirectory(Path.Combine(_web.Root, "..data"));
        await File.WriteAllTextAsync(Path.Combine(_web.Root, "..data", "robots.txt"), "User-agent: *");
        File.CreateSymbolicLink(Path.Combine(_web.Root, "robots.txt"), Path.Combine("..data", "robots.txt"));
        await File.WriteAllTextAsync(_store.PathOf("secret.txt"), "secret");
        File.CreateSymbolicLink(Path.Combine(_web.Root, "out.txt"), _store.PathOf("secret.txt"));
        Directory.CreateSymbolicLink(Path.Combine(_web.Root, "out"), _store.Root);
        File.CreateSymbolicLink(Path.Combine(_web.Root, "round.txt"), "round.txt");

        (await _http.GetStringAsync("/robots.txt")).Should().Be("User-agent: *");
        foreach (var path in (string[])["/out.txt", "/out/secret.txt", "/round.txt"])
        {
            (await _http.GetStringAsync(path)).Should().Be(WebFolder.Page, path);
        }
    }

    [Fact]
    public async Task Get_FolderThatIsALink_IsServed()
    {
        using var other = new WebFolder();
        var link = Path.Combine(other.Root, "current");
        Directory.CreateSymbolicLink(link, _web.Root);
        await using var host = await GatewayHost.StartAsync(_store, $"Web:Root={link}");
        using var http = new HttpClient { BaseAddress = host.Address };

        (await http.GetStringAsync("/assets/app-1a2b.js")).Should().StartWith("console.log");
    }

    [Theory]
    [InlineData("POST", "/conversations/abc", HttpStatusCode.MethodNotAllowed, """{"detail":"Method Not Allowed"}""")]
    [InlineData("DELETE", "/", HttpStatusCode.MethodNotAllowed, """{"detail":"Method Not Allowed"}""")]
    [InlineData("POST", "/api/options/config", HttpStatusCode.MethodNotAllowed, """{"detail":"Method Not Allowed"}""")]
    public async Task Request_WithAnotherMethod_IsNotAllowed(string method, string path, HttpStatusCode status, string body)
    {
        using var answer = await _http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        answer.StatusCode.Should().Be(status);
        (await answer.Content.ReadAsStringAsync()).Should().Be(body);
    }

    [Theory]
    [InlineData("no-such-folder", "there is no such folder")]
    [InlineData(".", "has no index.html")]
    public async Task Start_WithAWrongFolder_IsRefusedInOneLine(string folder, string expected)
    {
        var root = folder == "." ? _store.Root : Path.Combine(_web.Root, folder);

        var start = () => GatewayHost.StartAsync(_store, $"Web:Root={root}");

        (await start.Should().ThrowAsync<OptionsValidationException>()).Which.Failures
            .Should()
            .ContainSingle().Which
            .Should()
            .Contain(expected);
    }

    [Fact]
    public async Task Get_WithoutAFolder_IsAPageThatSaysHowToPointAUiAtIt()
    {
        await using var host = await GatewayHost.StartAsync(_store);
        using var http = new HttpClient { BaseAddress = host.Address };

        (await http.GetStringAsync("/")).Should().Contain("Web:Root").And.Contain("It is up");
        (await http.GetAsync("/other")).StatusCode.Should().Be(HttpStatusCode.NotFound);
    }
}
