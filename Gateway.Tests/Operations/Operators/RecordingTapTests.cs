using System.Text;

using Gateway.EngineIO.Protocol;
using Gateway.Operations.Operators.Recordings;

namespace Gateway.Tests.Operations.Operators;

/// <summary>Of a connection that carries other conversations as well, a recording has what is the recorded one's.</summary>
public sealed class RecordingTapTests
{
    private readonly RecordingTap _tap = new(null!, isWhole: true, TimeProvider.System, static _ => { });

    [Theory]
    [InlineData("0", true)]
    [InlineData("0{\"sid\":\"x\"}", true)]
    [InlineData("2[\"oh_event\",{}]", true)]
    [InlineData("27[\"a\",\"/\"]", true)]
    [InlineData("51-[\"a\"]", true)]
    [InlineData("", true)]
    [InlineData("0/conversations/other,", false)]
    [InlineData("2/conversations/other,[\"oh_event\",{}]", false)]
    [InlineData("51-/conversations/other,[\"a\"]", false)]
    public void IsOfMainNamespace_Text_GoesByItsPrefix(string text, bool expected) => IsOwn(Text(text)).Should().Be(expected);

    [Fact]
    public void IsOfMainNamespace_Binary_GoesByTheTextBeforeItInItsDirection()
    {
        IsOwn(Binary()).Should().BeFalse("it is MessagePack");
        IsOwn(Text("52-[\"a\"]"), fromClient: true).Should().BeTrue();
        IsOwn(Binary(), fromClient: true).Should().BeTrue();
        IsOwn(Binary()).Should().BeFalse();
        IsOwn(Text("51-/other,[\"a\"]"), fromClient: true).Should().BeFalse();
        IsOwn(Binary(), fromClient: true).Should().BeFalse();
        IsOwn(EnginePacket.Bare(EnginePacketType.Ping)).Should().BeTrue();
    }

    private bool IsOwn(EnginePacket packet, bool fromClient = false) => _tap.IsOfMainNamespace(fromClient, packet);

    private static EnginePacket Text(string text) => new(EnginePacketType.Message, Encoding.UTF8.GetBytes(text));

    private static EnginePacket Binary() => EnginePacket.Binary(new byte[] { 1 });
}
