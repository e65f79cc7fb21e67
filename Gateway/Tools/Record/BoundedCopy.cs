namespace Gateway.Tools.Record;

/// <summary>
/// A body on its way: whoever reads it gets all of it, as it comes, and the beginning is kept for the recording. One reader.
/// </summary>
internal sealed class BoundedCopy(Stream body, long limit) : Stream
{
    private readonly MemoryStream _kept = new();

    /// <summary>All that was read, kept or not.</summary>
    public long Length64 { get; private set; }

    public bool IsCut => Length64 > _kept.Length;

    public ReadOnlySpan<byte> Kept => _kept.GetBuffer().AsSpan(0, (int)_kept.Length);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        Length64 += read;
        if (Length64 <= limit)
        {
            _kept.Write(buffer.Span[..read]);
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
