using System.Buffers;
using System.IO.Pipelines;
using System.Text;

using Gateway.EngineIO.Polling;
using Gateway.EngineIO.Protocol;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.Polling;

public sealed class PayloadWriterTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(49_151)]
    [InlineData(49_152)]
    [InlineData(49_153)]
    [InlineData(500_000)]
    public async Task WriteAsync_PacketsOfAnySize_AreAsOneEncodedWholeAndAsLongAsMeasured(int size)
    {
        var data = Enumerable.Range(0, size).Select(static i => (byte)('a' + (i % 26))).ToArray();
        EnginePacket[] packets = [EnginePacket.Text(data), EnginePacket.Binary(data), EnginePacket.Text("last"u8.ToArray())];
        var expected = new ArrayBufferWriter<byte>();
        PayloadCodec.Encode(EnginePacket.Bare(EnginePacketType.Ping), first: true, expected);
        foreach (var packet in packets)
        {
            PayloadCodec.Encode(packet, first: false, expected);
        }

        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var writer = new PayloadWriter(pipe.Writer, static () => { });
        (await writer.WriteAsync(EnginePacket.Bare(EnginePacketType.Ping), packets, CancellationToken.None)).Should().BeTrue();
        await pipe.Writer.CompleteAsync();

        var written = (await pipe.Reader.ReadAtLeastAsync(int.MaxValue)).Buffer.ToArray();
        Encoding.ASCII.GetString(written).Should().Be(Encoding.ASCII.GetString(expected.WrittenSpan));
        PayloadWriter.Measure(EnginePacket.Bare(EnginePacketType.Ping), packets).Should().Be(written.Length);
    }

    [Fact]
    public async Task WriteAsync_LargePacketAndASlowReader_HoldsOnePieceAndTellsOfEachThatIsTaken()
    {
        const int Size = 1_024 * 1_024;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        var taken = 0;
        var writer = new PayloadWriter(pipe.Writer, () => Interlocked.Increment(ref taken));

        var writing = writer.WriteAsync(null, new[] { EnginePacket.Text(new byte[Size]) }, CancellationToken.None).AsTask();
        var read = 0L;
        while (read < Size + 1)
        {
            var before = Volatile.Read(ref taken);
            var result = await pipe.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            result.Buffer.Length.Should().BeLessThanOrEqualTo(64 * 1_024);
            before.Should().Be((int)(read / (48 * 1_024)));
            read += result.Buffer.Length;
            pipe.Reader.AdvanceTo(result.Buffer.End);
            await Eventually.IsTrueAsync(() => Volatile.Read(ref taken) > before || writing.IsCompleted, "the writer goes on");
        }

        (await writing.WaitAsync(TestLimits.Step)).Should().BeTrue();
    }

    [Fact]
    public async Task WriteAsync_ReaderHasGone_GivesFalse()
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        var writer = new PayloadWriter(pipe.Writer, static () => { });

        (await writer.WriteAsync(EnginePacket.Bare(EnginePacketType.Noop), default, CancellationToken.None)).Should().BeFalse();
    }
}
