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
    private int _position;

    /// <summary>The message has been read to its end.</summary>
    public bool IsRead => _position == _message.Length + End.Length;

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
    public void Begin(ReadOnlyMemory<byte> message) => (_message, _position) = (message, 0);

    public override int Read(Span<byte> buffer)
    {
        var rest = _position < _message.Length ? _message.Span[_position..] : End[(_position - _message.Length)..];
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        _position += count;
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
