using System.Net;

using Gateway.Access;
using Gateway.Access.Forward;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Access.Forward;

/// <summary>When the access server is asked, and what holds when it does not answer.</summary>
public sealed class ForwardPolicyTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TestMeterFactory _meters = new();
    private readonly CountedMeasurements _counted;
    private readonly CapturedLog _log = new();
    private readonly LoggerFactory _loggers;

    public ForwardPolicyTests()
    {
        _counted = new CountedMeasurements(_meters);
        _loggers = new LoggerFactory([_log]);
    }

    public void Dispose()
    {
        _counted.Dispose();
        _meters.Dispose();
        _loggers.Dispose();
    }

    [Fact]
    public async Task Decide_OfTheSameQuestion_IsAskedAgainWhenTheTimeIsOver()
    {
        await using var server = await StandInAccessServer.StartAsync();
        using var policy = Create(server.Url);

        for (var n = 0; n < 3; n++)
        {
            (await DecideAsync(policy, "ann")).Caller.Should().Be(new Caller("ann", AccessRights.All));
            (await DecideAsync(policy, "eve")).Refusal?.SocketMessage.Should().Be("Not for you, eve");
        }

        server.Questions.Should().HaveCount(2);
        _counted["gateway.access.cached"].Should().Be(4);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await DecideAsync(policy, "ann");
        server.Questions.Should().HaveCount(3);
    }

    [Fact]
    public async Task Decide_WithoutACacheTime_AsksEachTime()
    {
        await using var server = await StandInAccessServer.StartAsync();
        using var policy = Create(server.Url, static options => options.CacheTime = TimeSpan.Zero);

        await DecideAsync(policy, "ann");
        await DecideAsync(policy, "ann");

        server.Questions.Should().HaveCount(2);
    }

    [Fact]
    public async Task Decide_OfManyAtOnce_IsAskedOnceAndOneWhoLeavesTakesNothingAway()
    {
        await using var server = await StandInAccessServer.StartAsync();
        using var policy = Create(server.Url);
        using var leaving = new CancellationTokenSource();
        server.Hold();

        var first = policy.DecideAsync(Request("ann"), leaving.Token).AsTask();
        await server.AskedAsync(1);
        var others = Enumerable.Range(0, 20).Select(_ => DecideAsync(policy, "ann")).ToList();
        await leaving.CancelAsync();
        await first.Invoking(static task => task).Should().ThrowAsync<OperationCanceledException>();
        server.Release();

        (await Task.WhenAll(others)).Should().OnlyContain(static decision => decision.Caller != null);
        server.Questions.Should().HaveCount(1);
    }

    [Fact]
    public async Task Decide_ByAServerThatIsSlow_RefusesAfterTheTimeoutAndAsksAnew()
    {
        await using var server = await StandInAccessServer.StartAsync();
        using var policy = Create(server.Url);
        server.Hold();

        var asking = DecideAsync(policy, "ann");
        await server.AskedAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(5));

        (await asking).Refusal.Should().Be(AccessRefusal.Unavailable);
        _counted["gateway.access.questions timeout"].Should().Be(1);
        _log.Expect("has not decided: timeout");
        server.Release();
        (await DecideAsync(policy, "ann")).Caller.Should().NotBeNull();
        _log.Complaints.Should().BeEmpty();
    }

    [Theory]
    [InlineData(500)]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(429)]
    public async Task Decide_ByAServerThatSaysSomethingElse_RefusesAndCountsItEachTime(int status)
    {
        await using var server = await StandInAccessServer.StartAsync();
        server.Status = status;
        using var policy = Create(server.Url);

        for (var n = 0; n < 2; n++)
        {
            (await DecideAsync(policy, "ann")).Refusal.Should().Be(AccessRefusal.Unavailable);
        }

        _counted["gateway.access.questions bad_status"].Should().Be(2);
        _log.Expect("bad_status");
        _log.Count("has not decided").Should().Be(1, "a line a minute");
    }

    [Fact]
    public async Task Decide_ByAServerThatIsGone_Refuses()
    {
        var server = await StandInAccessServer.StartAsync();
        using var policy = Create(server.Url);
        await server.DisposeAsync();

        (await DecideAsync(policy, "ann")).Refusal.Should().Be(AccessRefusal.Unavailable);

        _counted["gateway.access.questions unreachable"].Should().Be(1);
        _log.Expect("unreachable");
    }

    [Fact]
    public async Task Decide_WithMoreQuestionsThanMayWait_RefusesTheRest()
    {
        await using var server = await StandInAccessServer.StartAsync();
        using var policy = Create(server.Url, static options => options.MaxQuestions = 1);
        server.Hold();

        var held = Enumerable.Range(0, 17).Select(n => DecideAsync(policy, $"user{n}")).ToList();
        (await DecideAsync(policy, "late")).Refusal.Should().Be(AccessRefusal.Unavailable);
        server.Release();

        (await Task.WhenAll(held)).Should().OnlyContain(static decision => decision.Caller != null);
        _counted["gateway.access.questions busy"].Should().Be(1);
        _log.Expect("busy");
    }

    [Fact]
    public async Task Decide_OfAnAnswerThatNamesNobody_IsNobodysUnlessAUserIsRequired()
    {
        await using var server = await StandInAccessServer.StartAsync();
        server.Status = 204;
        using var open = Create(server.Url);
        using var strict = Create(server.Url, static options => options.RequireUser = true);

        (await DecideAsync(open, "ann")).Caller.Should().Be(Caller.Anyone);
        (await DecideAsync(strict, "ann")).Refusal.Should().Be(AccessRefusal.Unavailable);
        _log.Expect("no_user");
    }

    private static Task<AccessDecision> DecideAsync(ForwardPolicy policy, string name) =>
        policy.DecideAsync(Request(name), CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

    private static AccessRequest Request(string name) => new()
    {
        Channel = AccessChannel.Http,
        Path = "/api/settings",
        Query = QueryCollection.Empty,
        Headers = new Dictionary<string, string> { ["cookie"] = $"login={name}" },
        RemoteAddress = IPAddress.Loopback,
    };

    private ForwardPolicy Create(string url, Action<ForwardOptions>? change = null)
    {
        var options = new ForwardOptions { Address = url };
        change?.Invoke(options);
        return new ForwardPolicy(
            options, new AccessServer(options), new AccessMetrics(_meters), _clock, _loggers.CreateLogger<ForwardPolicy>());
    }
}
