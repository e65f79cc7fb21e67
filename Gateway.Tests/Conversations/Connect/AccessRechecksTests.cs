using System.Collections.Concurrent;

using Gateway.Access;
using Gateway.EngineIO;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Connect;

/// <summary>Clients that stay are asked about again where the settings say so.</summary>
public sealed class AccessRechecksTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = s_interval * 1.25;
    private static readonly AccessDecision s_allowed = AccessDecision.Allow(Caller.Anyone);
    private static readonly AccessDecision s_refused = AccessDecision.Refuse(new AccessRefusal("signed out") { Outcome = "unauthorized" });

    private readonly ChangingPolicy _policy = new();
    private ConversationRig? _rig;

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_rig is not null)
        {
            await _rig.DisposeAsync();
        }
    }

    [Fact]
    public async Task Client_WhoIsLetInAgain_StaysAndIsAskedAboutAgain()
    {
        var rig = Create(s_interval);
        using var counted = new CountedMeasurements(rig.Meters);
        var client = await rig.JoinAsync();

        await AskAgainAsync(rig, counted, "allowed", 1);
        await AskAgainAsync(rig, counted, "allowed", 2);

        client.Ended.IsCompleted.Should().BeFalse();
        _policy.Questions.Should().HaveCountGreaterThan(2).And.OnlyContain(static asked => asked.ConversationId == "c1");
    }

    [Fact]
    public async Task Client_WhoIsRefusedLater_IsDisconnectedForThatReasonAndToldWhyWhenItComesBack()
    {
        var rig = Create(s_interval);
        using var counted = new CountedMeasurements(rig.Meters);
        var client = await rig.JoinAsync();
        _policy.Decision = s_refused;

        rig.Clock.Advance(s_longest);

        (await client.Ended).Should().Be(CloseReason.AccessEnded);
        counted["gateway.access.rechecks refused"].Should().Be(1);
        (await (await rig.ConnectAsync()).ReadAsync()).Should().Be("REFUSED signed out");
    }

    [Fact]
    public async Task Client_OfWhomNobodyCanDecide_StaysAndIsAskedAboutAgain()
    {
        var rig = Create(s_interval);
        using var counted = new CountedMeasurements(rig.Meters);
        var client = await rig.JoinAsync();
        _policy.Decision = AccessDecision.Refuse(AccessRefusal.Unavailable);

        await AskAgainAsync(rig, counted, "unavailable", 1);
        client.Ended.IsCompleted.Should().BeFalse();
        _policy.Decision = s_refused;
        await rig.AdvanceUntilAsync(s_longest, () => client.Ended.IsCompleted);

        (await client.Ended).Should().Be(CloseReason.AccessEnded);
    }

    [Fact]
    public async Task Client_WhoIsSomebodyElseNow_IsDisconnected()
    {
        var rig = Create(s_interval);
        _policy.Decision = AccessDecision.Allow(new Caller("ann", AccessRights.All));
        var client = await rig.JoinAsync();
        _policy.Decision = AccessDecision.Allow(new Caller("bob", AccessRights.All));

        rig.Clock.Advance(s_longest);

        (await client.Ended).Should().Be(CloseReason.AccessEnded);
    }

    [Fact]
    public async Task Client_WhoseTokenEnds_IsAskedAboutThen()
    {
        var rig = Create(TimeSpan.FromHours(1));
        _policy.Decision = AccessDecision.Allow(Caller.Anyone, rig.Clock.GetUtcNow() + TimeSpan.FromMinutes(5));
        var client = await rig.JoinAsync();
        _policy.Decision = s_refused;

        rig.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        _policy.Questions.Should().HaveCount(1);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));

        (await client.Ended).Should().Be(CloseReason.AccessEnded);
    }

    [Fact]
    public async Task Client_OfAPolicyThatFails_IsDisconnected()
    {
        var rig = Create(s_interval);
        rig.Log.Expect("could not decide again");
        var client = await rig.JoinAsync();
        _policy.Decision = null;

        rig.Clock.Advance(s_longest);

        (await client.Ended).Should().Be(CloseReason.AccessEnded);
    }

    [Fact]
    public async Task Client_OfAServerThatAsksOnce_IsNotAskedAboutAgain()
    {
        var rig = Create(TimeSpan.Zero);
        var client = await rig.JoinAsync();
        _policy.Decision = s_refused;

        rig.Clock.Advance(TimeSpan.FromDays(2));

        _policy.Questions.Should().HaveCount(1);
        client.Ended.IsCompleted.Should().BeFalse();
    }

    /// <summary>The clock goes on until it has been asked: the next wait begins a moment after the last answer was counted.</summary>
    private static Task AskAgainAsync(ConversationRig rig, CountedMeasurements counted, string outcome, int times) =>
        rig.AdvanceUntilAsync(s_longest, () => counted[$"gateway.access.rechecks {outcome}"] >= times);

    private ConversationRig Create(TimeSpan interval) => _rig = new ConversationRig(
        policy: _policy,
        settings:
        [
            new("Access:Mode", "Forward"), new("Access:Forward:Address", "http://127.0.0.1:9"),
            new("Access:RecheckInterval", $"{interval:c}"),
        ]);

    /// <summary>Decides as the test says at the moment. Any thread.</summary>
    private sealed class ChangingPolicy : IAccessPolicy
    {
        private readonly ConcurrentQueue<AccessRequest> _questions = [];

        /// <summary>Null fails.</summary>
        public AccessDecision? Decision { get; set; } = s_allowed;

        public IReadOnlyCollection<AccessRequest> Questions => _questions;

        public IReadOnlyList<string> HeaderNames => [];

        public ValueTask<AccessDecision> DecideAsync(AccessRequest request, CancellationToken cancellationToken)
        {
            _questions.Enqueue(request);
            return new(Decision ?? throw new InvalidOperationException("The policy of this test fails."));
        }
    }
}
