using System.IO.Compression;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>Opens compressed WebSocket messages (RFC 7692) of one direction, each in the context of those before it. One owner.</summary>
/// <param name="keepsContext">False: the sender begins each message anew.</param>
internal sealed class MessageInflater(bool keepsContext, int maxMessage) : IDisposable
{
    private static readonly byte[] s_tail = [0, 0, 0xff, 0xff];

    private readonly Feed _feed = new();
    private DeflateStream? _inflater;

    /// <returns>Null when it cannot be opened, or is larger than is kept: what follows cannot be either then.</returns>
    public byte[]? TryInflate(ReadOnlySpan<byte> message)
    {
        if (!keepsContext)
        {
            _inflater?.Dispose();
            _inflater = null;
            _feed.Clear();
        }

        _inflater ??= new DeflateStream(_feed, CompressionMode.Decompress, leaveOpen: true);
        _feed.Add(message);
        _feed.Add(s_tail);
        using var plain = new MemoryStream();
        var buffer = new byte[8 * 1024];
        try
        {
            for (int read; (read = _inflater.Read(buffer)) > 0;)
            {
                plain.Write(buffer, 0, read);
                if (plain.Length > maxMessage)
                {
                    return null;
                }
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }

        return plain.ToArray();
    }

    public void Dispose() => _inflater?.Dispose();

    /// <summary>Gives the inflater what there is; its end is only for now.</summary>
    private sealed class Feed : Stream
    {
        private readonly ByteQueue _bytes = new();

        public void Add(ReadOnlySpan<byte> bytes) => _bytes.Append(bytes);

        public void Clear() => _bytes.Skip(_bytes.Count);

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, _bytes.Count);
            _bytes.Bytes[..count].CopyTo(buffer);
            if (count > 0)
            {
                _bytes.Skip(count);
            }

            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
