using Gateway.Agents.V1.Upstream;

namespace Gateway.Tests.Agents.V1.Upstream;

/// <summary>Each close of V1's sockets, row by row.</summary>
public sealed class CloseTableTests
{
    [Theory]
    [InlineData(1000, "", "AtOnce", "Later", true, true)]
    [InlineData(1000, "anything", "AtOnce", "Later", true, true)]
    [InlineData(1001, "", "Later", "MuchLater", true, true)]
    [InlineData(1005, "", "Later", "MuchLater", true, true)]
    [InlineData(1006, "", "Later", "Later", false, false)]
    [InlineData(1008, "Conversation not found", "Later", "MuchLater", true, false)]
    [InlineData(1011, "subscribe_failed", "Later", "MuchLater", false, false)]
    [InlineData(1011, "", "Later", "MuchLater", false, false)]
    [InlineData(1012, "", "Later", "Later", false, false)]
    [InlineData(1013, "slow_consumer", "AtOnce", "Later", false, false)]
    [InlineData(1013, "frame_too_large", "AtOnce", "Later", false, true)]
    [InlineData(1013, "Too many connections for this conversation", "MuchLater", "MuchLater", false, false)]
    [InlineData(1013, "credential_binding_activation_required", "MuchLater", "MuchLater", true, false)]
    [InlineData(1013, "a_reason_of_tomorrow", "MuchLater", "MuchLater", false, false)]
    [InlineData(1013, "", "MuchLater", "MuchLater", false, false)]
    [InlineData(4001, "Authentication failed", "MuchLater", "MuchLater", true, false)]
    [InlineData(4004, "Conversation not found", "Later", "Later", true, false)]
    [InlineData(4008, "", "MuchLater", "MuchLater", false, false)]
    [InlineData(4999, "of tomorrow", "Later", "MuchLater", true, true)]
    public void Find_Close_HasItsDecision(
        int code, string reason, string afterProgress, string otherwise, bool asksAtOnce, bool readsLog)
    {
        var row = CloseTable.Find(new SocketEnd(code, reason));

        row.AfterProgress.ToString().Should().Be(afterProgress);
        row.Otherwise.ToString().Should().Be(otherwise);
        row.AsksAtOnce.Should().Be(asksAtOnce);
        row.ReadsLog.Should().Be(readsLog);
    }

    [Fact]
    public void Find_EveryRow_IsReached() =>
        CloseTable.Rows.Should().AllSatisfy(static row =>
            CloseTable.Find(new SocketEnd(row.Code == 0 ? 4_999 : row.Code, row.ReasonStart)).Should().BeSameAs(row));
}
