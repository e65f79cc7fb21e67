using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Rules;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Tools.Verify.Play;

/// <summary>Calls that V0's limit refused, played against a server that answers all of them.</summary>
public sealed class RestPlayerTests : IAsyncLifetime, IDisposable
{
    private const int Answered = 20;

    private readonly FakeTimeProvider _time = new();
    private readonly RestPlayer _player;
    private readonly WebApplication _server;

    public RestPlayerTests()
    {
        var options = new PlayOptions(TestLimits.Step, ReplayOnly: false) { WithRest = true, KeepsPace = true };
        _player = new RestPlayer(static _ => true, new LiveIds(), options, _time);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapGet("/", static () => "{}");
    }

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _player.Dispose();

    [Fact]
    public async Task Outcome_OfTooManyCallsInASecondThatAreAnswered_IsADifference()
    {
        await PlayAsync(Answered, status: 200);
        await PlayAsync(1, status: 429);

        (await IsAllowedAsync()).Should().BeFalse();
    }

    [Fact]
    public async Task Outcome_OfACallThatCameAfterTheSecond_IsNone()
    {
        await PlayAsync(Answered, status: 200);
        _time.Advance(TimeSpan.FromSeconds(1));
        await PlayAsync(1, status: 429);

        (await IsAllowedAsync()).Should().BeTrue();
    }

    [Fact]
    public async Task Outcome_OfSoFewCallsThatAllAreAnswered_IsNone()
    {
        await PlayAsync(Answered - 1, status: 200);
        await PlayAsync(1, status: 429);

        (await IsAllowedAsync()).Should().BeTrue();
    }

    private async Task PlayAsync(int count, int status)
    {
        for (var i = 0; i < count; i++)
        {
            _player.Begin(RecordedCall.Of(status), new Uri(_server.Urls.Single()), CancellationToken.None);
            await _player.EndAsync().WaitAsync(TestLimits.Step);
        }
    }

    private async Task<bool> IsAllowedAsync()
    {
        var outcome = (await _player.EndAsync())[^1];
        var difference = new Difference(DifferenceKind.Rest, 0, -1, "another status") { Rest = outcome };
        var pair = ConnectionPair.ForRequests(new RestContext([outcome.Call], KnownStore.Unread, HasWorkspace: false));
        return IntendedDifferences.For(FixtureInfo.None).Any(rule => rule.Allows(difference, pair));
    }
}
