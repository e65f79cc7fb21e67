using System.IO.Pipelines;
using System.Text;

using Gateway.Agents.V1.Proxy;
using Gateway.Tests.Support;

namespace Gateway.Tests.Agents.V1.Proxy;

/// <summary>What a client's socket is read as, however its bytes come.</summary>
public sealed class FirstMessageStreamTests
{
    private static readonly byte[] s_ping = RawEngineClient.FormatFrame(0x89, "p"u8);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(10_000)]
    public async Task Read_FirstText_IsReplacedAndTheRestIsNot(int piece)
    {
        byte[] sent =
            [.. s_ping, .. RawEngineClient.FormatFrame(0x81, "secret"u8), .. RawEngineClient.FormatFrame(0x81, "secret"u8)];

        var read = await ReadAsync(sent, piece, static text => text == "secret" ? "another, and longer" : null);

        read.Should().Equal((byte[])
        [
            .. s_ping, 0x81, 0x80 | 19, 0, 0, 0, 0, .. "another, and longer"u8, .. RawEngineClient.FormatFrame(0x81, "secret"u8),
        ]);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(4_000)]
    public async Task Read_LongerReplacement_HasItsLength(int length)
    {
        var sent = RawEngineClient.FormatFrame(0x81, Encoding.ASCII.GetBytes(new string('a', length)));

        var read = await ReadAsync(sent, 10_000, static text => text.Replace('a', 'b'));

        Encoding.ASCII.GetString(read).Should().EndWith(new string('b', length));
        read.Length.Should().Be(sent.Length);
    }

    public static TheoryData<string, byte[]> Untouched() => new()
    {
        { "a binary message", RawEngineClient.FormatFrame(0x82, "secret"u8) },
        { "one in frames", [.. RawEngineClient.FormatFrame(0x01, "sec"u8), .. RawEngineClient.FormatFrame(0x80, "ret"u8)] },
        { "a large one", RawEngineClient.FormatFrame(0x81, new byte[FirstMessageStream.MaxMessage + 1]) },
        { "a compressed one", RawEngineClient.FormatFrame(0xC1, "secret"u8) },
        { "one without a mask", [0x81, 2, (byte)'h', (byte)'i'] },
        { "a head that is cut", [0x81] },
        { "a message that is cut", RawEngineClient.FormatFrame(0x81, "secret"u8)[..8] },
        { "a length beyond all", [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4, 5] },
        { "a control frame that is too long", RawEngineClient.FormatFrame(0x89, new byte[126]) },
        { "nothing", [] },
    };

    [Theory]
    [MemberData(nameof(Untouched))]
    public async Task Read_AnythingElse_IsAsItCame(string what, byte[] sent)
    {
        foreach (var piece in new[] { 1, 5, 20_000 })
        {
            (await ReadAsync(sent, piece, static _ => "replaced")).Should().Equal(sent, what);
        }
    }

    private static async Task<byte[]> ReadAsync(byte[] sent, int piece, Func<string, string?> replace)
    {
        var pipe = new Pipe();
        await using var stream = new FirstMessageStream(
            pipe.Reader.AsStream(),
            message => new(replace(Encoding.UTF8.GetString(message.Span)) is { } text ? Encoding.UTF8.GetBytes(text) : null));
        var reading = ReadAllAsync(stream);
        foreach (var part in sent.Chunk(piece))
        {
            await pipe.Writer.WriteAsync(part);
        }

        await pipe.Writer.CompleteAsync();
        return await reading.WaitAsync(TestLimits.Step);
    }

    /// <summary>As YARP reads: first it waits with no buffer.</summary>
    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var all = new MemoryStream();
        var buffer = new byte[11];
        while (true)
        {
            (await stream.ReadAsync(Memory<byte>.Empty)).Should().Be(0);
            var read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                return all.ToArray();
            }

            all.Write(buffer, 0, read);
        }
    }
}
