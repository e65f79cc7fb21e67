using System.IO.Compression;

using Gateway.EngineIO.Admission;

namespace Gateway.EngineIO.WebSockets;

/// <summary>What <see cref="MessageInflater.TryInflate"/> came to.</summary>
internal enum InflateStatus
{
    Ok,

    /// <summary>No deflate stream that ends with the message.</summary>
    Invalid,

    /// <summary>Larger than a message may be.</summary>
    TooLarge,

    /// <summary>The <see cref="InboundBudget"/> is spent.</summary>
    BudgetSpent,
}

/// <summary>
/// Decompresses a client's messages (RFC 7692, 7.2.2), each alone. Stops at the limit, whatever the message would become: what it holds is
/// what it has made so far, counted against the budget. Owned by one reader; not thread-safe.
/// </summary>
internal sealed class MessageInflater(InboundBudget budget, int maxMessage) : IDisposable
{
    private readonly InboundBuffer _message = new(budget);

    /// <summary>The message. Valid, and may be written over, until the next call.</summary>
    public Memory<byte> Message => _message.Written;

    public InflateStatus TryInflate(ReadOnlyMemory<byte> deflated)
    {
        _message.Dispose();
        try
        {
            using var source = new Source(deflated);
            using var inflate = new DeflateStream(source, CompressionMode.Decompress);
            while (true)
            {
                if (!_message.TryGetSpace(out var space))
                {
                    return InflateStatus.BudgetSpent;
                }

                var read = inflate.Read(space.Span[..Math.Min(space.Length, maxMessage - _message.Length + 1)]);
                if (read == 0)
                {
                    return source.IsRead ? InflateStatus.Ok : InflateStatus.Invalid;
                }

                _message.Advance(read);
                if (_message.Length > maxMessage)
                {
                    return InflateStatus.TooLarge;
                }
            }
        }
        catch (InvalidDataException)
        {
            return InflateStatus.Invalid;
        }
    }

    public void Dispose() => _message.Dispose();

    /// <summary>
    /// The message, the end of its flush that is not sent, and a last empty block, after which there is nothing to wait for.
    /// </summary>
    private sealed class Source(ReadOnlyMemory<byte> deflated) : Stream
    {
        private int _position;

        public bool IsRead => _position == Length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => deflated.Length + End.Length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        private static ReadOnlySpan<byte> End => [0x00, 0x00, 0xFF, 0xFF, 0x01, 0x00, 0x00, 0xFF, 0xFF];

        public override int Read(Span<byte> buffer)
        {
            var rest = _position < deflated.Length ? deflated.Span[_position..] : End[(_position - deflated.Length)..];
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
}
