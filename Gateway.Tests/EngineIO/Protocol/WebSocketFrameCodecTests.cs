using System.Buffers.Binary;

using FsCheck;
using FsCheck.Fluent;

using Gateway.EngineIO.Protocol;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.Protocol;

public class WebSocketFrameCodecTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void TryReadHeader_EveryLengthForm_GivesLengthAndSize(int length)
    {
        var frame = RawEngineClient.FormatFrame(0x82, new byte[length]);

        var status = WebSocketFrameCodec.TryReadHeader(frame, mayBeDeflated: false, out var header);

        status.Should().Be(FrameStatus.Ok);
        header.PayloadLength.Should().Be(length);
        header.IsFinal.Should().BeTrue();
        header.IsControl.Should().BeFalse();
        header.Opcode.Should().Be(WebSocketOpcode.Binary);
        header.Size.Should().Be(frame.Length - length);
        WebSocketFrameCodec.TryReadHeader(frame.AsSpan(0, header.Size - 1), mayBeDeflated: false, out _).Should().Be(FrameStatus.NeedMore);
    }

    [Theory]
    [InlineData(new byte[] { }, FrameStatus.NeedMore)]
    [InlineData(new byte[] { 0x81 }, FrameStatus.NeedMore)]
    [InlineData(new byte[] { 0xC1, 0x80 }, FrameStatus.ReservedBits)]
    [InlineData(new byte[] { 0x91, 0x80 }, FrameStatus.ReservedBits)]
    [InlineData(new byte[] { 0x83, 0x80 }, FrameStatus.UnknownOpcode)]
    [InlineData(new byte[] { 0x8B, 0x80 }, FrameStatus.UnknownOpcode)]
    [InlineData(new byte[] { 0x81, 0x05 }, FrameStatus.NotMasked)]
    [InlineData(new byte[] { 0x09, 0x80 }, FrameStatus.FragmentedControl)]
    [InlineData(new byte[] { 0x88, 0xFE }, FrameStatus.ControlTooLong)]
    [InlineData(new byte[] { 0x81, 0xFE, 0, 125, 1, 2, 3, 4 }, FrameStatus.InvalidLength)]
    [InlineData(new byte[] { 0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4 }, FrameStatus.InvalidLength)]
    [InlineData(new byte[] { 0x81, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4 }, FrameStatus.InvalidLength)]
    internal void TryReadHeader_WrongOrShort_ReturnsItsStatus(byte[] bytes, FrameStatus expected) =>
        WebSocketFrameCodec.TryReadHeader(bytes, mayBeDeflated: false, out _).Should().Be(expected);

    [Fact]
    public void TryReadHeader_AnyBytes_DoesNotThrow() =>
        Prop.ForAll<byte[]>(static bytes =>
            Enum.IsDefined(WebSocketFrameCodec.TryReadHeader(bytes, mayBeDeflated: false, out _))).QuickCheckThrowOnFailure();

    [Fact]
    public void Unmask_AnyLengthAndPosition_IsByteForByteTheMask() =>
        Prop.ForAll<byte[], uint, NonNegativeInt>(static (data, mask, position) =>
        {
            var bytes = Enumerable.Repeat(data.Append((byte)7), 9).SelectMany(static part => part).ToArray();
            var maskBytes = BitConverter.GetBytes(mask);
            var expected = bytes.Select((value, i) => (byte)(value ^ maskBytes[(position.Get + i) % 4])).ToArray();

            WebSocketFrameCodec.Unmask(bytes, mask, position.Get);

            return bytes.AsSpan().SequenceEqual(expected);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(65_535, 4)]
    [InlineData(65_536, 10)]
    public void WriteHeader_EveryLengthForm_IsTheShortest(int length, int size)
    {
        var bytes = new byte[WebSocketFrameCodec.MaxServerHeader];

        WebSocketFrameCodec.WriteHeader(bytes, WebSocketOpcode.Text, length).Should().Be(size);

        bytes[0].Should().Be(0x81);
        var written = size switch
        {
            2 => bytes[1],
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(2)),
            _ => BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(2)),
        };
        written.Should().Be(length);
    }

    [Fact]
    public void WritePacket_TextAndBinary_AreFramesWithAndWithoutTheDigit()
    {
        var bytes = new byte[16];

        var text = WebSocketFrameCodec.WritePacket(bytes, EnginePacket.Text("hi"u8.ToArray()));
        bytes[..text].Should().Equal(0x81, 3, (byte)'4', (byte)'h', (byte)'i');

        var binary = WebSocketFrameCodec.WritePacket(bytes, EnginePacket.Binary("hi"u8.ToArray()));
        bytes[..binary].Should().Equal(0x82, 2, (byte)'h', (byte)'i');
    }

    [Fact]
    public void WritePacket_WarmBuffer_AllocatesNothing()
    {
        var packet = EnginePacket.Text(new byte[500]);
        var frame = RawEngineClient.FormatFrame(0x81, new byte[500]);
        var block = new byte[1_024];
        RoundTrip();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            RoundTrip();
        }

        GC.GetAllocatedBytesForCurrentThread().Should().Be(before);

        void RoundTrip()
        {
            WebSocketFrameCodec.WritePacket(block, packet);
            WebSocketFrameCodec.TryReadHeader(frame, mayBeDeflated: false, out var header);
            WebSocketFrameCodec.Unmask(frame.AsSpan(header.Size), header.Mask, 0);
        }
    }
}
