using Gateway.EngineIO.Protocol;

namespace Gateway.Tests.EngineIO.Protocol;

public class WebSocketAcceptTests
{
    [Fact]
    public void Compute_KeyOfTheRfc_GivesAnswerOfTheRfc() =>
        WebSocketAccept.Compute("dGhlIHNhbXBsZSBub25jZQ==").Should().Be("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

    [Theory]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ", false)]
    [InlineData("dGhlIHNhbXBsZSBub25j!!==", false)]
    [InlineData("dGhlIHNhbXBsZSBub25jZSBs", false)]
    public void IsValidKey_AnyText_IsTrueForSixteenBytesOfBase64(string? key, bool expected) =>
        WebSocketAccept.IsValidKey(key).Should().Be(expected);
}
