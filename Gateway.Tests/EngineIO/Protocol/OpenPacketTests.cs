using System.Text;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tests.EngineIO.Protocol;

public class OpenPacketTests
{
    [Theory]
    [InlineData(true, "[\"websocket\"]")]
    [InlineData(false, "[]")]
    public void Create_Defaults_IsV0sJson(bool mayUpgrade, string upgrades)
    {
        var packet = OpenPacket.Create("abc", mayUpgrade, TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(20), 4_194_304);

        packet.Type.Should().Be(EnginePacketType.Open);
        Encoding.UTF8.GetString(packet.Data.Span).Should().Be(
            $"{{\"sid\":\"abc\",\"upgrades\":{upgrades},\"pingTimeout\":20000,\"pingInterval\":25000,\"maxPayload\":4194304}}");
    }
}
