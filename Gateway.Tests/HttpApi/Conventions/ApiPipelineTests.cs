using System.IO.Compression;
using System.Net;

using Gateway.Tests.Support;

namespace Gateway.Tests.HttpApi.Conventions;

/// <summary>What holds for every REST answer, over a real server.</summary>
public sealed class ApiPipelineTests : IAsyncLifetime, IDisposable
{
    private readonly TempStore _store = TempStore.Empty();
    private readonly HttpClient _http = new() { Timeout = TestLimits.Step };
    private GatewayHost? _host;

    public async Task InitializeAsync()
    {
        _host = await GatewayHost.StartAsync(_store);
        _http.BaseAddress = _host.Address;
    }

    public Task DisposeAsync() => _host!.DisposeAsync().AsTask();

    public void Dispose()
    {
        _http.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task Get_AnyRoute_IsNotToBeCached()
    {
        using var answer = await _http.GetAsync("/alive");

        answer.Headers.GetValues("Cache-Control").Single().Should().Be("no-store, must-revalidate, no-cache, max-age=0");
        answer.Headers.GetValues("Pragma").Should().Equal("no-cache");
        answer.Content.Headers.GetValues("Expires").Should().Equal("0");
    }

    [Theory]
    [InlineData("/api/options/models", true, "gzip")]
    [InlineData("/api/options/models", false, null)]
    [InlineData("/api/options/security-analyzers", true, null)]
    public async Task Get_ByAClientThatAcceptsAnEncoding_IsCompressedWhereThatIsWorthIt(string path, bool isOn, string? encoding)
    {
        await using var host = await GatewayHost.StartAsync(_store, $"HttpApi:Compression={isOn}");
        using var plain = await _http.GetAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, path));
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");

        using var answer = await _http.SendAsync(request);

        answer.Content.Headers.ContentEncoding.Should().Equal(encoding is null ? [] : [encoding]);
        var body = await answer.Content.ReadAsStreamAsync();
        using var reader = new StreamReader(encoding is null ? body : new GZipStream(body, CompressionMode.Decompress));
        (await reader.ReadToEndAsync()).Should().Be(await plain.Content.ReadAsStringAsync());
        answer.Headers.Vary.Contains("Accept-Encoding").Should().Be(encoding is not null);
    }

    [Fact]
    public async Task Post_ClientThatIsGoneInTheMiddleOfItsBody_IsNoError()
    {
        for (var i = 0; i < 5; i++)
        {
            using var client = await RawEngineClient.ConnectAsync(_host!.Address.Port);
            await client.WriteAsync("POST /api/settings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n");

            // Said when the route begins to read.
            (await client.ReadHeadAsync())[0].Should().Contain(" 100 ");
            client.Reset();
        }

        await _host!.StopAsync();
        _host.Log.Complaints.Should().BeEmpty();
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/alive")]
    [InlineData("GET", "/api/settings")]
    [InlineData("GET", "/api/nothing")]
    [InlineData("POST", "/alive")]
    [InlineData("OPTIONS", "/alive")]
    public async Task Answer_OfAnyKind_TellsBrowsersWhatTheyMustNotDoWithIt(string method, string path)
    {
        using var answer = await _http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        answer.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
        answer.Headers.GetValues("X-Frame-Options").Should().Equal("SAMEORIGIN");
        answer.Headers.GetValues("Referrer-Policy").Should().Equal("same-origin");
    }

    [Theory]
    [InlineData("http://localhost:5173", "http://localhost:5173")]
    [InlineData("https://127.0.0.1", "https://127.0.0.1")]
    [InlineData("http://example.com", null)]
    public async Task Get_FromAPageOfAnotherOrigin_SaysWhetherItMayRead(string origin, string? allowed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/alive");
        request.Headers.Add("Origin", origin);

        using var answer = await _http.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Headers.GetValues("Access-Control-Allow-Credentials").Should().Equal("true");
        answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var values).Should().Be(allowed is not null);
        values.Should().BeEquivalentTo(allowed is null ? null : new[] { allowed });
    }

    [Theory]
    [InlineData("http://localhost:5173", "POST", HttpStatusCode.OK, "OK")]
    [InlineData("http://example.com", "POST", HttpStatusCode.BadRequest, "Disallowed CORS origin")]
    [InlineData("http://localhost:5173", "TRACE", HttpStatusCode.BadRequest, "Disallowed CORS method")]
    [InlineData("http://example.com", "TRACE", HttpStatusCode.BadRequest, "Disallowed CORS origin, method")]
    public async Task Options_Preflight_IsAnsweredAsV0Does(string origin, string method, HttpStatusCode status, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/api/conversations");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "content-type");

        using var answer = await _http.SendAsync(request);

        answer.StatusCode.Should().Be(status);
        (await answer.Content.ReadAsStringAsync()).Should().Be(body);
        answer.Headers.GetValues("Access-Control-Allow-Methods").Should().Equal("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
        answer.Headers.GetValues("Access-Control-Allow-Headers").Should().Equal("content-type");
        answer.Headers.GetValues("Access-Control-Max-Age").Should().Equal("600");
    }

    [Theory]
    [InlineData("/health", HttpStatusCode.OK, 4)]
    [InlineData("/api/options/agents", HttpStatusCode.OK, 94)]
    [InlineData("/api/settings", HttpStatusCode.NotFound, 30)]
    [InlineData("/api/reset-settings", HttpStatusCode.MethodNotAllowed, 31)]
    [InlineData("/", HttpStatusCode.OK, 0)]
    public async Task Head_OfARoute_IsItsGetWithoutTheBody(string path, HttpStatusCode status, int length)
    {
        using var answer = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));

        answer.StatusCode.Should().Be(status);
        (await answer.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
        answer.Content.Headers.ContentLength.Should().Be(length);
    }

    [Fact]
    public async Task Get_ThirtyAtOnce_TheLastAreRefusedAndToldWhen()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => _http.GetAsync("/alive")));

        answers.Count(static answer => answer.StatusCode == HttpStatusCode.OK).Should().Be(20);
        var refused = answers.Where(static answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        refused.Should().HaveCount(10);
        foreach (var answer in refused)
        {
            (await answer.Content.ReadAsStringAsync()).Should().Be("""{"message":"Too many requests"}""");
            answer.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(1));
            answer.Headers.CacheControl.Should().BeNull();
        }
    }

    [Theory]
    [InlineData("/api/options/config",
        """{"APP_MODE":"oss","GITHUB_CLIENT_ID":"","POSTHOG_CLIENT_KEY":"phc_3ESMmY9SgqEAGBB6sMGK5ayYHkeUuknH2vP6FmWH9RA","FEATURE_FLAGS":{"ENABLE_BILLING":false,"HIDE_LLM_SETTINGS":false}}""")]
    [InlineData("/api/options/agents",
        """["BrowsingAgent","CodeActAgent","DummyAgent","LocAgent","ReadOnlyAgent","VisualBrowsingAgent"]""")]
    [InlineData("/api/options/security-analyzers", """["grayswan","invariant","llm"]""")]
    [InlineData("/alive", """{"status":"ok"}""")]
    [InlineData("/health", "\"OK\"")]
    public async Task Get_WhatIsTheSameForEverybody_IsV0sAnswer(string path, string expected)
    {
        using var answer = await _http.GetAsync(path);

        answer.Content.Headers.ContentType!.ToString().Should().Be("application/json");
        (await answer.Content.ReadAsStringAsync()).Should().Be(expected);
    }

    [Fact]
    public async Task Get_Models_AreV0sSorted()
    {
        var models = Newtonsoft.Json.Linq.JArray
            .Parse(await _http.GetStringAsync("/api/options/models"))
            .Select(static name => (string?)name)
            .ToList();

        models.Should().HaveCountGreaterThan(1_000).And.BeInAscendingOrder(StringComparer.Ordinal);
    }
}
