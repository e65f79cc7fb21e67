using System.IO.Compression;
using System.Text;

using FsCheck;
using FsCheck.Fluent;

using Gateway.EngineIO;
using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.WebSockets;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.WebSockets;

public class WebSocketReaderTests
{
    private const int Fragment = 0x01;
    private const int Middle = 0x00;
    private const int Last = 0x80;
    private const int Rsv1 = 0x40;

    private static readonly EngineOptions s_options = new() { MaxPayloadBytes = 100_000, MaxFragmentsPerMessage = 16 };

    private readonly Pings _pings = new();
    private readonly InboundBudget _budget = TestBudgets.Create();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(4_000)]
    [InlineData(4_096)]
    [InlineData(70_000)]
    public async Task ReadAsync_OneFrame_GivesTheMessageHoweverItArrives(int length)
    {
        var text = new string('x', length);
        var frame = RawEngineClient.FormatFrame(0x81, Encoding.UTF8.GetBytes(text));
        foreach (var step in new[] { 1, 7, 4_096, frame.Length })
        {
            using var reader = Reader(step, frame, frame);

            (await ReadTextAsync(reader)).Should().Be(text);
            (await ReadTextAsync(reader)).Should().Be(text);
            (await reader.ReadAsync()).Outcome.Should().Be(ReadOutcome.Lost);
        }
    }

    [Fact]
    public async Task ReadAsync_FragmentsWithControlFramesBetween_GivesOneMessage()
    {
        using var reader = Reader(
            3,
            RawEngineClient.FormatFrame(Fragment, "he"u8),
            RawEngineClient.FormatFrame(0x89, "p1"u8),
            RawEngineClient.FormatFrame(Middle, ""u8),
            RawEngineClient.FormatFrame(0x8A, "pong"u8),
            RawEngineClient.FormatFrame(Last, "llo"u8));

        (await ReadTextAsync(reader)).Should().Be("hello");
        _pings.Texts.Should().Equal("p1");
    }

    [Fact]
    public async Task ReadAsync_Close_GivesTheCode()
    {
        using var reader = Reader(99, RawEngineClient.FormatFrame(0x88, [0x03, 0xE9]));

        var read = await reader.ReadAsync();

        read.Outcome.Should().Be(ReadOutcome.Close);
        read.CloseCode.Should().Be(1001);
    }

    [Fact]
    public async Task ReadAsync_HeaderAnnouncesTooMuch_IsRefusedBeforeAnyOfItArrives()
    {
        using var reader = Reader(99, RawEngineClient.FormatFrame(0x82, [], announced: 100_001));

        await ShouldRefuseAsync(reader, CloseReason.PayloadTooLarge);
    }

    [Fact]
    public async Task ReadAsync_MuchAnnouncedAndLittleSent_CostsWhatWasSent()
    {
        var stream = new MemoryStream(RawEngineClient.FormatFrame(0x82, "few bytes"u8, announced: 50_000_000));
        using var reader = new WebSocketReader(
            stream, new EngineOptions { MaxPayloadBytes = 60_000_000 }, isDeflated: false, TestBudgets.Create(), new Pings());
        var before = GC.GetAllocatedBytesForCurrentThread();

        var read = await reader.ReadAsync();

        read.Outcome.Should().Be(ReadOutcome.Lost);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(64 * 1_024);
    }

    [Fact]
    public async Task ReadAsync_FragmentsAddUpToTooMuch_IsRefused()
    {
        using var reader = Reader(
            4_096, RawEngineClient.FormatFrame(Fragment, new byte[60_000]), RawEngineClient.FormatFrame(Last, [], announced: 40_001));

        await ShouldRefuseAsync(reader, CloseReason.PayloadTooLarge);
    }

    [Fact]
    public async Task ReadAsync_BudgetSpent_IsRefusedAndHoldsNothing()
    {
        _budget.TryReserve(64 * 1_024 * 1_024).Should().BeTrue();
        using var reader = Reader(
            4_096, RawEngineClient.FormatFrame(0x82, new byte[4_000]), RawEngineClient.FormatFrame(0x82, new byte[5_000]));

        (await reader.ReadAsync()).Outcome.Should().Be(ReadOutcome.Binary, "a small message counts for nothing");
        await ShouldRefuseAsync(reader, CloseReason.InboundBudgetSpent);

        _budget.Held.Should().Be(64 * 1_024 * 1_024);
    }

    [Fact]
    public async Task ReadAsync_NextMessage_GivesBackWhatTheLastOneHeld()
    {
        using var reader = Reader(
            4_096, RawEngineClient.FormatFrame(0x82, new byte[50_000]), RawEngineClient.FormatFrame(0x82, "a"u8));

        (await reader.ReadAsync()).Outcome.Should().Be(ReadOutcome.Binary);
        _budget.Held.Should().Be(65_536 - 4_096);
        (await reader.ReadAsync()).Outcome.Should().Be(ReadOutcome.Binary);

        _budget.Held.Should().Be(0);
    }

    [Fact]
    public async Task ReadAsync_TooManyFragments_IsRefused()
    {
        byte[][] frames = [RawEngineClient.FormatFrame(Fragment, []), .. Enumerable.Repeat(RawEngineClient.FormatFrame(Middle, []), 16)];
        using var reader = Reader(99, frames);

        await ShouldRefuseAsync(reader, CloseReason.TooManyPackets);
    }

    [Theory]
    [InlineData(new byte[] { 0xA1, 0x80 })]
    [InlineData(new byte[] { 0x81, 0x01, 0x34 })]
    [InlineData(new byte[] { 0x80, 0x80, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 0x01, 0x80, 1, 2, 3, 4, 0x81, 0x80, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 0x88, 0x81, 1, 2, 3, 4, 5 })]
    public async Task ReadAsync_RuleBroken_IsAProtocolError(byte[] bytes)
    {
        using var reader = Reader(99, bytes);

        await ShouldRefuseAsync(reader, CloseReason.ProtocolError);
    }

    [Fact]
    public void ReadAsync_AnyBytes_EndsWithoutThrowing() =>
        Prop.ForAll<byte[], PositiveInt>((bytes, step) =>
        {
            using var reader = Reader(step.Get, bytes);
            ReadOutcome outcome;
            do
            {
                outcome = reader.ReadAsync().AsTask().GetAwaiter().GetResult().Outcome;
            }
            while (outcome is ReadOutcome.Text or ReadOutcome.Binary);

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task WaitAsync_NothingToRead_HoldsNoBufferAndSeesTheEnd()
    {
        using var reader = Reader(99, RawEngineClient.FormatFrame(0x81, "a"u8));

        (await reader.WaitAsync()).Should().Be(0);
        (await ReadTextAsync(reader)).Should().Be("a");
        (await reader.WaitAsync()).Should().Be(0);
        (await reader.ReadAsync()).Outcome.Should().Be(ReadOutcome.Lost);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    public async Task ReadAsync_CompressedMessageInFragments_GivesItWhole(int step)
    {
        var deflated = Deflate(Encoding.UTF8.GetBytes(new string('a', 5_000)));
        using var reader = Reader(
            step,
            RawEngineClient.FormatFrame(Fragment | Rsv1, deflated.AsSpan(0, 3)),
            RawEngineClient.FormatFrame(0x89, "between"u8),
            RawEngineClient.FormatFrame(Last, deflated.AsSpan(3)),
            RawEngineClient.FormatFrame(0x81, "plain"u8));

        (await ReadTextAsync(reader)).Should().Be(new string('a', 5_000));
        (await ReadTextAsync(reader)).Should().Be("plain");
        _pings.Texts.Should().Equal("between");
        reader.Dispose();
        _budget.Held.Should().Be(0);
    }

    [Fact]
    public async Task ReadAsync_BombOfOneToThousand_EndsAtTheLimitAndHoldsNoMore()
    {
        var bomb = Deflate(new byte[50_000_000]);
        bomb.Length.Should().BeLessThan(100_000);
        using var reader = Reader(4_096, RawEngineClient.FormatFrame(0x82 | Rsv1, bomb));
        var before = GC.GetAllocatedBytesForCurrentThread();

        await ShouldRefuseAsync(reader, CloseReason.PayloadTooLarge);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1_000_000);
        _budget.Held.Should().Be(0);
    }

    public static TheoryData<byte[]> BrokenMessages => new(
        [0xFF, 0xFF, 0xFF],
        Deflate("a message that ends too early, and so is not one"u8)[..^8],
        [0x07]);

    [Theory]
    [MemberData(nameof(BrokenMessages))]
    public async Task ReadAsync_CompressedMessageThatIsNone_IsRefused(byte[] payload)
    {
        using var reader = Reader(99, RawEngineClient.FormatFrame(0x81 | Rsv1, payload));

        await ShouldRefuseAsync(reader, CloseReason.ProtocolError);
    }

    /// <summary>RFC 7692, 7.2.3.4: the sender's blocks say that they are the last, and an empty one follows.</summary>
    [Fact]
    public async Task ReadAsync_MessageOfAFinalBlock_IsTheExampleOfTheRfc()
    {
        using var reader = Reader(
            99, RawEngineClient.FormatFrame(0x81 | Rsv1, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]));

        (await ReadTextAsync(reader)).Should().Be("Hello");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 5_000)]
    [InlineData(2, 12_000)]
    [InlineData(1, 40_000)]
    [InlineData(16, 700)]
    public async Task ReadAsync_MessageOfFinalBlocksAndOthers_GivesItWhole(int finals, int length)
    {
        var random = new Random(length);
        var texts = Enumerable.Range(0, finals + 1).Select(_ => Noise(random, length)).ToList();
        byte[] deflated =
        [
            .. texts.SkipLast(1).SelectMany(static text => Finished(Encoding.UTF8.GetBytes(text))),
            .. Deflate(Encoding.UTF8.GetBytes(texts[^1])),
        ];
        using var reader = Reader(
            4_096,
            RawEngineClient.FormatFrame(0x81 | Rsv1, deflated),
            RawEngineClient.FormatFrame(0x81 | Rsv1, Deflate("the next"u8)));

        (await ReadTextAsync(reader)).Should().Be(string.Concat(texts));
        (await ReadTextAsync(reader)).Should().Be("the next");
        reader.Dispose();
        _budget.Held.Should().Be(0);
    }

    public static TheoryData<byte[]> BrokenFinals => new(
        [.. Finished("no empty block follows"u8)],
        [.. Finished("what follows is no block"u8), 0xFF, 0xFF],
        [.. Finished("what follows is cut"u8), .. Deflate("and so is no message"u8)[..^8]],
        [.. Enumerable.Repeat<byte[]>([0x03, 0x00], 1_000).SelectMany(static empty => empty), 0x00]);

    [Theory]
    [MemberData(nameof(BrokenFinals))]
    public async Task ReadAsync_FinalBlockAndNoMessage_IsRefused(byte[] payload)
    {
        using var reader = Reader(99, RawEngineClient.FormatFrame(0x81 | Rsv1, payload));

        await ShouldRefuseAsync(reader, CloseReason.ProtocolError);
        _budget.Held.Should().Be(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task ReadAsync_BombBehindFinalBlocks_EndsAtTheLimit(int finals)
    {
        byte[] bomb =
        [
            .. Enumerable.Repeat(Finished("x"u8), finals).SelectMany(static one => one), .. Finished(new byte[50_000_000]), 0x00,
        ];
        using var reader = Reader(4_096, RawEngineClient.FormatFrame(0x82 | Rsv1, bomb));
        var before = GC.GetAllocatedBytesForCurrentThread();

        await ShouldRefuseAsync(reader, CloseReason.PayloadTooLarge);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1_000_000);
        _budget.Held.Should().Be(0);
    }

    [Theory]
    [InlineData(0x89 | Rsv1)]
    [InlineData(0x81 | 0x20)]
    public async Task ReadAsync_ReservedBitWhereNoneMayBe_IsRefused(int first)
    {
        using var reader = Reader(99, RawEngineClient.FormatFrame((byte)first, "x"u8));

        await ShouldRefuseAsync(reader, CloseReason.ProtocolError);
    }

    private static byte[] Deflate(ReadOnlySpan<byte> message)
    {
        using var encoder = new DeflateEncoder();
        return encoder.Encode(EnginePacket.Binary(message.ToArray())).ToArray();
    }

    /// <summary>A deflate stream to its end: its last block has BFINAL set.</summary>
    private static byte[] Finished(ReadOnlySpan<byte> part)
    {
        using var deflated = new MemoryStream();
        using (var deflate = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(part);
        }

        return deflated.ToArray();
    }

    private static string Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return Convert.ToBase64String(bytes)[..length];
    }

    private static async Task ShouldRefuseAsync(WebSocketReader reader, CloseReason reason)
    {
        var read = await reader.ReadAsync();

        read.Outcome.Should().Be(ReadOutcome.Refused);
        read.Reason.Should().Be(reason);
    }

    private static async Task<string> ReadTextAsync(WebSocketReader reader)
    {
        var read = await reader.ReadAsync();
        read.Outcome.Should().Be(ReadOutcome.Text);
        return Encoding.UTF8.GetString(read.Data.Span);
    }

    private WebSocketReader Reader(int step, params byte[][] frames) =>
        new(new Trickle([.. frames.SelectMany(static frame => frame)], step), s_options, isDeflated: true, _budget, _pings);

    private sealed class Pings : IPingReceiver
    {
        public List<string> Texts { get; } = [];

        public ValueTask AnswerAsync(ReadOnlyMemory<byte> payload)
        {
            Texts.Add(Encoding.UTF8.GetString(payload.Span));
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Gives its bytes a few at a time.</summary>
    private sealed class Trickle(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer.Length > step ? buffer[..step] : buffer, cancellationToken);
    }
}
