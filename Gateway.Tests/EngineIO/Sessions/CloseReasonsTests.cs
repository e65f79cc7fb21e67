using Gateway.EngineIO;
using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;

namespace Gateway.Tests.EngineIO.Sessions;

public class CloseReasonsTests
{
    public static TheoryData<string> All => [.. Enum.GetNames<CloseReason>()];

    [Theory]
    [MemberData(nameof(All))]
    public void Everything_EveryReason_IsDefinedAndFits(string name)
    {
        var reason = Enum.Parse<CloseReason>(name);

        WebSocketClosePayload.TryRead([(byte)(CloseReasons.WebSocketCode(reason) >> 8), (byte)CloseReasons.WebSocketCode(reason)], out _)
            .Should().BeTrue();
        CloseReasons.WebSocketText(reason).Length.Should().BeLessThan(WebSocketFrameCodec.MaxControlPayload - 2);
        CloseReasons.MetricTag(reason).Should().MatchRegex("^[a-z_]+$");
        CloseReasons.LastPolledPacket(reason).Should().BeOneOf(EnginePacketType.Close, EnginePacketType.Noop);
    }

    [Fact]
    public void MetricTag_TwoReasons_AreNeverTheSame() =>
        Enum.GetValues<CloseReason>().Select(CloseReasons.MetricTag).Should().OnlyHaveUniqueItems();
}
