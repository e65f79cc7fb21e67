using System.Text;

using Gateway.EngineIO.Protocol;
using Gateway.Tools.Load.Sockets;

namespace Gateway.Tests.Tools.Load.Sockets;

/// <summary>The client's side of the framing, held against the server's own codec.</summary>
public sealed class ClientFramesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_536)]
    public void Write_APayload_IsReadByTheServersCodec(int length)
    {
        var payload = Enumerable.Range(0, length).Select(static i => (byte)('a' + (i % 20))).ToArray();
        var frame = new byte[length + ClientFrames.MaxHeader];

        var size = ClientFrames.Write(frame, WebSocketOpcode.Text, payload);

        WebSocketFrameCodec.TryReadHeader(frame, mayBeDeflated: false, out var header).Should().Be(FrameStatus.Ok);
        (header.Opcode, header.IsFinal, header.PayloadLength, header.Mask).Should().Be((WebSocketOpcode.Text, true, length, 0U));
        frame.AsSpan(header.Size, size - header.Size).ToArray().Should().Equal(payload);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_536)]
    public void TryRead_AServersFrame_IsKnownWhenItsHeaderIsThere(int length)
    {
        var frame = new byte[WebSocketFrameCodec.MaxServerHeader];
        var size = WebSocketFrameCodec.WriteHeader(frame, WebSocketOpcode.Binary, length);

        ClientFrames.TryRead(frame.AsSpan(0, size - 1), out _).Should().BeFalse();
        ClientFrames.TryRead(frame.AsSpan(0, size), out var read).Should().BeTrue();
        read.Should().Be(new ServerFrame(WebSocketOpcode.Binary, true, false, length, size));
    }

    [Theory]
    [InlineData("", null, "this is no HTTP server")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n", null, "this is no HTTP server")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n0{", true, "this is no HTTP server")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{\"code\":3}", false, "503 Service Unavailable ({\"code\":3})")]
    [InlineData("SSH-2.0\r\n\r\n", false, "this is no HTTP server")]
    public void UpgradeAnswer_OfAServer_IsReadAsFarAsItIsThere(string answer, bool? expected, string problem)
    {
        UpgradeAnswer.Read(Encoding.UTF8.GetBytes(answer), out _, out var said).Should().Be(expected);

        said.Should().Be(problem);
    }

    [Fact]
    public void TextOfClose_OfACloseFrame_HasItsCodeAndReason()
    {
        ClientFrames.TextOfClose([]).Should().BeEmpty();
        ClientFrames.TextOfClose([0x03, 0xE9, .. "going away"u8]).Should().Be(": 1001 going away");
    }
}
