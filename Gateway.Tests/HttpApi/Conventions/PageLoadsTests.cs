using System.Net;

using Gateway.HttpApi.Conventions;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.HttpApi.Conventions;

/// <summary>The order in which a page of V0's web UI that loads a conversation gets its answers.</summary>
public sealed class PageLoadsTests : IAsyncLifetime, IDisposable
{
    private const string Id = "1c05c8e9059c4d828efe22fd3eb4b9ff";
    private const string Conversation = $"/api/conversations/{Id}";
    private const string Config = "/api/options/config";
    private const string Settings = "/api/settings";

    private readonly FakeTimeProvider _clock = new();
    private readonly TempStore _store = TempStore.Empty();
    private readonly HttpClient _browser = new() { Timeout = TestLimits.Step };
    private GatewayHost? _host;

    private GatewayHost Host => _host!;

    private PageLoads Loads => Host.Services.GetRequiredService<PageLoads>();

    public async Task InitializeAsync() => _host = await GatewayHost.StartAsync(_store, _clock, "HttpApi:RateLimit=false");

    public async Task DisposeAsync() => await Host.DisposeAsync();

    public void Dispose()
    {
        _browser.Dispose();
        _store.Dispose();
    }

    [Theory]
    [InlineData($"/conversations/{Id}")]
    [InlineData($"/ui/conversations/{Id}?tab=changes")]
    public async Task Conversation_OfAPageThatLoads_IsAnsweredAfterItsSettings(string page)
    {
        await AskAsync(Config, page);
        await AskAsync(Config, page);
        var conversation = AskAsync(Conversation, page);
        await ShouldWaitAsync(conversation);

        var settings = await AskAsync(Settings, page);

        settings.StatusCode.Should().Be(HttpStatusCode.NotFound, "settings that are not there are an answer as well");
        (await (await conversation).Content.ReadAsStringAsync()).Should().Be("null");
        await Eventually.IsTrueAsync(() => Loads.Count == 0, "the page has loaded");
    }

    [Fact]
    public async Task Conversation_OfAPageThatNeverAsksForSettings_IsAnsweredAllTheSame()
    {
        const string page = $"/conversations/{Id}";
        await AskAsync(Config, page);
        var conversation = AskAsync(Conversation, page);
        await ShouldWaitAsync(conversation);

        _clock.Advance(PageLoads.LongestWait);

        (await conversation).StatusCode.Should().Be(HttpStatusCode.OK);
        Loads.Count.Should().Be(0, "the next question is answered at once");
    }

    /// <summary>A script, another page, a page that asks for another conversation.</summary>
    [Theory]
    [InlineData(null, Conversation)]
    [InlineData("/", Conversation)]
    [InlineData("/settings", Conversation)]
    [InlineData("/conversations/another", Conversation)]
    [InlineData($"/conversations/{Id}", "/api/conversations/another")]
    [InlineData($"/conversations/{Id}/more", Conversation)]
    public async Task Conversation_AskedFromElsewhere_DoesNotWait(string? page, string asked)
    {
        await AskAsync(Config, $"/conversations/{Id}");

        await AskAsync(asked, page);

        Loads.Count.Should().Be(1, "the page that loads is the only one to wait");
    }

    [Fact]
    public async Task Conversation_OfAPageThatHasItsSettings_DoesNotWait()
    {
        const string page = $"/conversations/{Id}";
        await AskAsync(Config, page);
        await AskAsync(Settings, page);
        await Eventually.IsTrueAsync(() => Loads.Count == 0, "the page has its settings");

        await AskAsync(Conversation, page);

        Loads.Count.Should().Be(0);
    }

    private async Task<HttpResponseMessage> AskAsync(string path, string? page)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Host.Address, path));
        request.Headers.UserAgent.ParseAdd("Mozilla/5.0");
        request.Headers.Referrer = page is null ? null : new Uri(Host.Address, page);
        return await _browser.SendAsync(request);
    }

    private async Task ShouldWaitAsync(Task answer)
    {
        await _clock.TimerSetAsync(PageLoads.LongestWait).WaitAsync(TestLimits.Step);
        answer.IsCompleted.Should().BeFalse();
    }
}
