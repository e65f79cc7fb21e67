namespace Gateway.EngineIO.Protocol;

/// <summary>
/// What a <see cref="System.IO.Compression.DeflateStream"/> inflates from: one compressed message after another, each with the end of its
/// flush, which is not sent (RFC 7692, 7.2.2). At the end of a message it has nothing more until the next one begins. Used by one reader.
/// </summary>
/// <param name="standAlone">
/// Each message has a stream of its own: a last empty block follows it, behind which nothing is waited for.
/// </param>
internal sealed class DeflatedSource(bool standAlone) : Stream
{
    private const int FlushLength = 4;

    private ReadOnlyMemory<byte> _message;
    private int _singleFrom;

    /// <summary>The message has been read to its end.</summary>
    public bool IsRead => BytesRead == _message.Length + End.Length;

    /// <summary>Bytes of the message, and of what follows it, that have been read.</summary>
    public int BytesRead { get; private set; }

    /// <summary>Where the last read began.</summary>
    public int LastReadAt { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private ReadOnlySpan<byte> End
    {
        get
        {
            ReadOnlySpan<byte> end = [0x00, 0x00, 0xFF, 0xFF, 0x01, 0x00, 0x00, 0xFF, 0xFF];
            return standAlone ? end : end[..FlushLength];
        }
    }

    /// <summary>The message must stay as it is until it has been read.</summary>
    /// <param name="singleFrom">
    /// From here on each byte is read by itself: whoever inflates reads no further than a stream goes that ends there.
    /// </param>
    public void Begin(ReadOnlyMemory<byte> message, int singleFrom = int.MaxValue) =>
        (_message, _singleFrom, BytesRead, LastReadAt) = (message, singleFrom, 0, 0);

    public override int Read(Span<byte> buffer)
    {
        var rest = BytesRead < _message.Length ? _message.Span[BytesRead..] : End[(BytesRead - _message.Length)..];
        var count = Math.Min(Math.Min(rest.Length, buffer.Length), Math.Max(1, _singleFrom - BytesRead));
        rest[..count].CopyTo(buffer);
        LastReadAt = BytesRead;
        BytesRead += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
