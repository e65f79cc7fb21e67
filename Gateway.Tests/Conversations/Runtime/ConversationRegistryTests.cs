using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Conversations.Runtime;

public sealed class ConversationRegistryTests
{
    /// <summary>Whoever wants to open, stop or delete the conversation next would wait for it until the process ends.</summary>
    [Fact]
    public async Task CloseAsync_GivenUpWhileAnotherGatewayHasTheAgent_LeavesTheConversationToTheNextOne()
    {
        var (clock, other, key) = (new FakeTimeProvider(), new OtherGateway(), TestStore.Key("c"));
        var single = new SingleGateway();
        var registry = new ConversationRegistry(null!, null!, new SessionContext(
            new ConversationsOptions(), clock, null!, null!, null!, null!, NullLogger<ConversationSession>.Instance, null!,
            new ConversationGateways(other, single, other, single, new NoClaims()), new PageReadAhead(clock)));
        using var abort = new CancellationTokenSource();
        var first = registry.CloseAsync(key, SessionCloseReason.Deleted, static () => Task.CompletedTask, abort.Token);
        await clock.TimerSetAsync(TimeSpan.FromMilliseconds(50));

        await abort.CancelAsync();
        await FluentActions.Awaiting(() => first.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
        other.Holds = false;
        var isDone = false;
        await registry.CloseAsync(
            key,
            SessionCloseReason.Deleted,
            () =>
            {
                isDone = true;
                return Task.CompletedTask;
            },
            CancellationToken.None).WaitAsync(TestLimits.Step);

        isDone.Should().BeTrue();
        registry.StatusOf(key).State.Should().Be(SessionState.Closed);
    }
}
