using Gateway.EngineIO.Protocol;

namespace Gateway.Tests.EngineIO.Protocol;

public class WebSocketClosePayloadTests
{
    [Theory]
    [InlineData(new byte[] { }, 1000)]
    [InlineData(new byte[] { 0x03, 0xE9 }, 1001)]
    [InlineData(new byte[] { 0x0B, 0xB8, (byte)'x' }, 3000)]
    [InlineData(new byte[] { 0x13, 0x87 }, 4999)]
    public void TryRead_WellFormed_GivesTheCode(byte[] payload, int expected)
    {
        WebSocketClosePayload.TryRead(payload, out var code).Should().BeTrue();

        code.Should().Be((ushort)expected);
    }

    [Theory]
    [InlineData(new byte[] { 0x03 })]
    [InlineData(new byte[] { 0x03, 0xE7 })]
    [InlineData(new byte[] { 0x03, 0xEC })]
    [InlineData(new byte[] { 0x03, 0xED })]
    [InlineData(new byte[] { 0x03, 0xEE })]
    [InlineData(new byte[] { 0x03, 0xF7 })]
    [InlineData(new byte[] { 0x13, 0x88 })]
    [InlineData(new byte[] { 0x03, 0xE8, 0xFF })]
    public void TryRead_ForbiddenCodeOrNoUtf8_IsFalse(byte[] payload) =>
        WebSocketClosePayload.TryRead(payload, out _).Should().BeFalse();

    [Fact]
    public void WriteFrame_CodeAndText_IsOneFrame()
    {
        var frame = new byte[32];

        var length = WebSocketClosePayload.WriteFrame(frame, 1009, "big"u8);

        frame[..length].Should().Equal(0x88, 5, 0x03, 0xF1, (byte)'b', (byte)'i', (byte)'g');
    }
}
