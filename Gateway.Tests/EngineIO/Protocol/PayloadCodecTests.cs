using System.Buffers;
using System.Text;

using FsCheck;
using FsCheck.Fluent;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tests.EngineIO.Protocol;

public class PayloadCodecTests
{
    [Fact]
    public void TryReadPacket_TextAndBinary_GivesEachInOrder()
    {
        Memory<byte> rest = "4hello\u001ebAQIDBA==\u001e2"u8.ToArray();

        PayloadCodec.CountPackets(rest.Span).Should().Be(3);
        Read(ref rest, out var more).Should().Be("Message:hello");
        more.Should().BeTrue();
        PayloadCodec.TryReadPacket(ref rest, out var binary, out more).Should().Be(DecodeStatus.Ok);
        binary.IsBinary.Should().BeTrue();
        binary.Data.ToArray().Should().Equal(1, 2, 3, 4);
        Read(ref rest, out more).Should().Be("Ping:");
        more.Should().BeFalse();
    }

    [Theory]
    [InlineData("", DecodeStatus.Empty)]
    [InlineData("\u001e4a", DecodeStatus.Empty)]
    [InlineData("x", DecodeStatus.UnknownType)]
    [InlineData("bA", DecodeStatus.InvalidBase64)]
    [InlineData("b====", DecodeStatus.InvalidBase64)]
    [InlineData("bAQ=D", DecodeStatus.InvalidBase64)]
    [InlineData("bäöü", DecodeStatus.InvalidBase64)]
    internal void TryReadPacket_MalformedPacket_ReturnsItsStatus(string body, DecodeStatus expected)
    {
        Memory<byte> rest = Encoding.UTF8.GetBytes(body);

        PayloadCodec.TryReadPacket(ref rest, out _, out _).Should().Be(expected);
    }

    [Fact]
    public void TryReadPacket_NoUtf8_ReturnsInvalidUtf8()
    {
        Memory<byte> rest = new byte[] { (byte)'4', 0xff };

        PayloadCodec.TryReadPacket(ref rest, out _, out _).Should().Be(DecodeStatus.InvalidUtf8);
    }

    [Fact]
    public void TryReadPacket_EmptyBinary_IsAMessageWithoutBytes()
    {
        Memory<byte> rest = "b"u8.ToArray();

        PayloadCodec.TryReadPacket(ref rest, out var packet, out _).Should().Be(DecodeStatus.Ok);
        packet.IsBinary.Should().BeTrue();
        packet.Data.Length.Should().Be(0);
    }

    [Fact]
    public void TryReadPacket_AnyBytes_EndsWithoutThrowing() =>
        Prop.ForAll<byte[]>(static bytes =>
        {
            Memory<byte> rest = bytes;
            var packets = 1;
            while (PayloadCodec.TryReadPacket(ref rest, out _, out var more) >= DecodeStatus.Ok && more)
            {
                packets++;
            }

            return packets == PayloadCodec.CountPackets(bytes);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_AnyPackets_AreReadAgainAndAsLongAsAnnounced() =>
        Prop.ForAll<NonEmptyArray<(byte[] Data, bool IsBinary)>>(static packets =>
        {
            var sent = packets.Get.Select(static packet => packet.IsBinary
                ? EnginePacket.Binary(packet.Data ?? [])
                : EnginePacket.Text(Encoding.ASCII.GetBytes(Convert.ToHexString(packet.Data ?? [])))).ToArray();
            var output = new ArrayBufferWriter<byte>();
            var announced = 0L;
            for (var i = 0; i < sent.Length; i++)
            {
                announced += PayloadCodec.EncodedLength(sent[i], first: i == 0);
                PayloadCodec.Encode(sent[i], first: i == 0, output);
            }

            Memory<byte> rest = output.WrittenSpan.ToArray();
            return announced == output.WrittenCount && sent.All(packet =>
                PayloadCodec.TryReadPacket(ref rest, out var read, out _) == DecodeStatus.Ok
                && read.IsBinary == packet.IsBinary && read.Data.Span.SequenceEqual(packet.Data.Span));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_LargeBinary_IsOneBase64Text()
    {
        var data = Enumerable.Range(0, 10_000).Select(static i => (byte)i).ToArray();
        var output = new ArrayBufferWriter<byte>();

        PayloadCodec.Encode(EnginePacket.Binary(data), first: true, output);

        Encoding.ASCII.GetString(output.WrittenSpan).Should().Be("b" + Convert.ToBase64String(data));
    }

    private static string Read(ref Memory<byte> rest, out bool more)
    {
        PayloadCodec.TryReadPacket(ref rest, out var packet, out more).Should().Be(DecodeStatus.Ok);
        return $"{packet.Type}:{Encoding.UTF8.GetString(packet.Data.Span)}";
    }
}
