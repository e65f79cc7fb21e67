using System.Text;

using FsCheck;
using FsCheck.Fluent;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tests.EngineIO.Protocol;

public class EnginePacketCodecTests
{
    [Theory]
    [InlineData("0{}", 0, "{}")]
    [InlineData("1", 1, "")]
    [InlineData("2probe", 2, "probe")]
    [InlineData("3", 3, "")]
    [InlineData("42[\"é\"]", 4, "2[\"é\"]")]
    [InlineData("5", 5, "")]
    [InlineData("6", 6, "")]
    public void TryDecode_KnownType_GivesTypeAndRest(string text, int type, string rest)
    {
        var status = EnginePacketCodec.TryDecode(Encoding.UTF8.GetBytes(text), out var packet);

        status.Should().Be(DecodeStatus.Ok);
        packet.Type.Should().Be((EnginePacketType)type);
        Encoding.UTF8.GetString(packet.Data.Span).Should().Be(rest);
        packet.IsBinary.Should().BeFalse();
    }

    [Fact]
    public void TryDecode_NoByte_ReturnsEmpty() =>
        EnginePacketCodec.TryDecode(ReadOnlyMemory<byte>.Empty, out _).Should().Be(DecodeStatus.Empty);

    [Theory]
    [InlineData("7")]
    [InlineData("9x")]
    [InlineData("abc")]
    [InlineData("b")]
    [InlineData(" 4")]
    [InlineData("/")]
    public void TryDecode_NoDigitOfAType_ReturnsUnknownType(string text) =>
        EnginePacketCodec.TryDecode(Encoding.UTF8.GetBytes(text), out _).Should().Be(DecodeStatus.UnknownType);

    [Theory]
    [InlineData(new byte[] { (byte)'4', 0xff })]
    [InlineData(new byte[] { (byte)'4', 0xc3 })]
    [InlineData(new byte[] { (byte)'4', 0xed, 0xa0, 0x80 })]
    public void TryDecode_NoUtf8_ReturnsInvalidUtf8(byte[] text) =>
        EnginePacketCodec.TryDecode(text, out _).Should().Be(DecodeStatus.InvalidUtf8);

    [Fact]
    public void TryDecode_AnyBytes_DoesNotThrow() =>
        Prop.ForAll<byte[]>(static bytes => Enum.IsDefined(EnginePacketCodec.TryDecode(bytes, out _))).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_AnyText_IsDecodedAgain() =>
        Prop.ForAll<NonNull<string>>(static text =>
        {
            var packet = EnginePacket.Text(Encoding.UTF8.GetBytes(text.Get));
            var bytes = new byte[EnginePacketCodec.EncodedLength(packet)];
            var length = EnginePacketCodec.Encode(packet, bytes);

            return length == bytes.Length
                && EnginePacketCodec.TryDecode(bytes, out var decoded) == DecodeStatus.Ok
                && decoded.Data.Span.SequenceEqual(packet.Data.Span);
        }).QuickCheckThrowOnFailure();
}
