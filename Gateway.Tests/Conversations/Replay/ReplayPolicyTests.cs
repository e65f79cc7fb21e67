using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;

namespace Gateway.Tests.Conversations.Replay;

public sealed class ReplayPolicyTests
{
    [Fact]
    public void IsReplayed_EveryKind_OnlyNullsAndRecallActionsAreLeftOut() =>
        Enum.GetValues<EventKind>().Where(static kind => !ReplayPolicy.IsReplayed(kind))
            .Should().BeEquivalentTo([EventKind.NullAction, EventKind.NullObservation, EventKind.RecallAction]);

    [Fact]
    public void IsAgentState_EveryKind_IsOneAlone() =>
        Enum.GetValues<EventKind>().Where(ReplayPolicy.IsAgentState).Should().Equal(EventKind.AgentStateChanged);

    [Theory]
    [InlineData("Agent")]
    [InlineData("User")]
    [InlineData("Unknown")]
    public void RouteLive_NotOfTheEnvironment_IsSentAsStored(string source)
    {
        var from = Enum.Parse<EventSource>(source);

        Enum.GetValues<EventKind>().Where(kind => Route(kind, from) != LiveRoute.AsStored)
            .Should().BeEquivalentTo([EventKind.NullAction, EventKind.NullObservation]);
        Enum.GetValues<EventKind>().Should().NotContain(kind => Route(kind, from) == LiveRoute.AsAgent);
    }

    [Fact]
    public void RouteLive_OfTheEnvironment_FourObservationsAreSentAsTheAgents()
    {
        Enum.GetValues<EventKind>().Where(static kind => Route(kind, EventSource.Environment) == LiveRoute.AsAgent)
            .Should().BeEquivalentTo([
                EventKind.RunObservation, EventKind.AgentStateChanged, EventKind.RecallObservation, EventKind.ErrorObservation]);
        Enum.GetValues<EventKind>().Should().NotContain(static kind => Route(kind, EventSource.Environment) == LiveRoute.AsStored);
    }

    private static LiveRoute Route(EventKind kind, EventSource source) =>
        ReplayPolicy.RouteLive(new EventHeader(kind, source, default, NeedsRewrite: false));
}
