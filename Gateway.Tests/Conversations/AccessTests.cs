using Gateway.Access;
using Gateway.EngineIO;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations;

/// <summary>
/// The server's access policy, asked by a socket's CONNECT: it may take its time, name a user, and give less than every right.
/// </summary>
public sealed class AccessTests
{
    [Fact]
    public async Task Connect_PolicyTakesItsTime_IsAnsweredWhenItHasDecided()
    {
        var policy = new FakePolicy();
        await using var rig = new ConversationRig(policy: policy);
        var client = await rig.ConnectAsync();
        var asked = await policy.Asked;

        client.MessageCount.Should().Be(0);
        policy.Decide(AccessDecision.Allow(Caller.Anyone));

        (await client.ReadAsync()).Should().Be("CONNECT");
        asked.Channel.Should().Be(AccessChannel.Socket);
        asked.ConversationId.Should().Be("c1");
        asked.Query["latest_event_id"].ToString().Should().Be("-1");
    }

    [Fact]
    public async Task Connect_PolicyRefuses_SaysItsWordsAndOpensNothing()
    {
        var policy = new FakePolicy();
        await using var rig = new ConversationRig(policy: policy);
        policy.Decide(AccessDecision.Refuse(new AccessRefusal("not today")));

        var client = await rig.ConnectAsync();

        (await client.ReadAsync()).Should().Be("REFUSED not today");
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        (await client.Ended).Should().Be(CloseReason.Refused);
        Directory.EnumerateFileSystemEntries(rig.Root).Should().BeEmpty();
    }

    [Fact]
    public async Task Connect_PolicyNeverAnswers_IsRefusedWithinTenSeconds()
    {
        var policy = new FakePolicy();
        await using var rig = new ConversationRig(policy: policy);
        var client = await rig.ConnectAsync();
        await policy.Asked;

        rig.Clock.Advance(TimeSpan.FromSeconds(10));

        (await client.ReadAsync()).Should().Be("REFUSED Failed to join conversation");
        rig.Log.Expect("could not decide");
    }

    [Fact]
    public async Task Connect_CallerOfAUser_GetsThatUsersConversation()
    {
        var policy = new FakePolicy();
        await using var rig = new ConversationRig(policy: policy);
        policy.Decide(AccessDecision.Allow(new Caller("ann", AccessRights.All)));

        await rig.JoinAsync();

        Directory.Exists(Path.Combine(rig.Root, "users", "ann", "conversations", "c1")).Should().BeTrue();
    }

    [Fact]
    public async Task Act_CallerWhoMayOnlyRead_IsToldSoAndNothingIsStored()
    {
        var policy = new FakePolicy();
        await using var rig = new ConversationRig(policy: policy);
        policy.Decide(AccessDecision.Allow(new Caller(null, AccessRights.Read)));
        var client = await rig.JoinAsync();

        await client.ActAsync("""{"action":"message","args":{"content":"hi"}}""");

        (await client.ReadAsync()).Should().StartWith("error: You may read");
        rig.IsStored(0).Should().BeFalse();
    }

    /// <summary>Gives every request the one decision that the test makes. Any thread.</summary>
    private sealed class FakePolicy : IAccessPolicy
    {
        private readonly TaskCompletionSource<AccessRequest> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<AccessDecision> _decision = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<AccessRequest> Asked => _asked.Task.WaitAsync(TestLimits.Step);

        public IReadOnlyList<string> HeaderNames => [];

        public void Decide(AccessDecision decision) => _decision.TrySetResult(decision);

        public async ValueTask<AccessDecision> DecideAsync(AccessRequest request, CancellationToken cancellationToken)
        {
            _asked.TrySetResult(request);
            return await _decision.Task.WaitAsync(cancellationToken);
        }
    }
}
