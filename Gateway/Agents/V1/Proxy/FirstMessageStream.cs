using System.Buffers.Binary;

namespace Gateway.Agents.V1.Proxy;

/// <summary>
/// A client's WebSocket as bytes, of whose messages the first may be another when it is read: V1 takes its key there. Everything else, and
/// a first message that is large, cut into frames or not a text, passes as it is; at most <see cref="MaxMessage"/> bytes wait. What a
/// stream promises: one reader and one writer at a time. Owns the stream below.
/// </summary>
/// <param name="replace">The message in the place of the first one; null leaves that. Asked once.</param>
internal sealed class FirstMessageStream(Stream inner, Func<ReadOnlyMemory<byte>, ValueTask<byte[]?>> replace) : Stream
{
    /// <summary>Longer than a message with a key can be.</summary>
    public const int MaxMessage = 4_096;

    // RFC 6455, 5.2: two bytes, 16 or 64 bits of length, 4 bytes of mask.
    private const int MaxHead = 14;
    private const int MaskLength = 4;
    private const int MaxControl = 125;
    private const byte FinalText = 0x81;
    private const byte ControlBit = 0x08;

    private readonly byte[] _buffer = new byte[MaxHead + MaxMessage];
    private int _buffered;
    private bool _isWatching = true;
    private ReadOnlyMemory<byte> _ready;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_ready.IsEmpty && _isWatching)
        {
            if (buffer.IsEmpty)
            {
                // The reader waits for something to come, and holds no buffer meanwhile.
                return await inner.ReadAsync(buffer, cancellationToken);
            }

            var read = await inner.ReadAsync(_buffer.AsMemory(_buffered), cancellationToken);
            _buffered += read;
            await LookAsync(isEnd: read == 0);
        }

        if (_ready.IsEmpty)
        {
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        var length = Math.Min(buffer.Length, _ready.Length);
        _ready[..length].CopyTo(buffer);
        _ready = _ready[length..];
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Looks at what has come so far: passes it on, or waits for the rest of a frame.</summary>
    private async ValueTask LookAsync(bool isEnd)
    {
        var passed = 0;
        while (TryReadHead(_buffer.AsSpan(passed, _buffered - passed), out var frame) && frame.IsControl)
        {
            if (_buffered - passed < frame.Total)
            {
                break;
            }

            passed += frame.Total;
        }

        var rest = _buffer.AsMemory(passed, _buffered - passed);
        var isKnown = TryReadHead(rest.Span, out var first);
        if (!isEnd && (!isKnown || (rest.Length < first.Total && (first.IsReplaceable || first.IsControl))))
        {
            Pass(passed);
            return;
        }

        _isWatching = false;
        byte[]? message = null;
        if (isKnown && first.IsReplaceable && rest.Length >= first.Total)
        {
            message = await replace(Unmask(rest.Span[first.Head..first.Total], rest.Span[(first.Head - MaskLength)..first.Head]));
        }

        _ready = message is null
            ? _buffer.AsMemory(0, _buffered)
            : (byte[])[.. _buffer.AsSpan(0, passed), .. Frame(message), .. rest.Span[first.Total..]];
    }

    /// <summary>Whole control frames go on; a begun frame stays.</summary>
    private void Pass(int count)
    {
        if (count == 0)
        {
            return;
        }

        _ready = _buffer.AsSpan(0, count).ToArray();
        _buffer.AsSpan(count, _buffered - count).CopyTo(_buffer);
        _buffered -= count;
    }

    private static bool TryReadHead(ReadOnlySpan<byte> bytes, out FrameHead frame)
    {
        frame = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        var isMasked = (bytes[1] & 0x80) != 0;
        var length = (ulong)(bytes[1] & 0x7F);
        var head = length switch { 126 => 4, 127 => 10, _ => 2 };
        if (bytes.Length < head)
        {
            return false;
        }

        length = head switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            10 => BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            _ => length,
        };
        var fits = length <= MaxMessage;
        var isControl = (bytes[0] & ControlBit) != 0;
        frame = new FrameHead(
            isControl && length <= MaxControl, isMasked && fits && bytes[0] == FinalText, head + (isMasked ? MaskLength : 0),
            fits ? (int)length : 0);
        return true;
    }

    private static byte[] Unmask(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> mask)
    {
        var plain = payload.ToArray();
        for (var i = 0; i < plain.Length; i++)
        {
            plain[i] ^= mask[i % MaskLength];
        }

        return plain;
    }

    /// <summary>
    /// A text as a client sends it. The mask keeps caches that read along from being fooled by a page; here none reads along.
    /// </summary>
    private static byte[] Frame(byte[] message)
    {
        byte[] head = message.Length < 126
            ? [FinalText, (byte)(0x80 | message.Length)]
            : [FinalText, 0x80 | 126, (byte)(message.Length >> 8), (byte)message.Length];
        return [.. head, 0, 0, 0, 0, .. message];
    }

    /// <param name="Head">Bytes before the payload.</param>
    private readonly record struct FrameHead(bool IsControl, bool IsReplaceable, int Head, int Length)
    {
        public int Total => Head + Length;
    }
}
