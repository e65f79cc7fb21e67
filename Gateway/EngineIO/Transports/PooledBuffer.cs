using System.Buffers;

namespace Gateway.EngineIO.Transports;

/// <summary>
/// Bytes that arrive piece by piece, in one block from the pool that grows with what has arrived, never with what was announced. Owned
/// by one reader; not thread-safe. Handed out memory is valid until the next call.
/// </summary>
internal sealed class PooledBuffer : IDisposable
{
    private const int Smallest = 4 * 1_024;

    private byte[] _block = [];

    public int Length { get; private set; }

    public Memory<byte> Written => _block.AsMemory(0, Length);

    /// <summary>Free space behind what is written: at least one byte, and no more than doubles the block.</summary>
    public Memory<byte> Free()
    {
        if (Length == _block.Length)
        {
            Grow(Length + 1);
        }

        return _block.AsMemory(Length);
    }

    public void Advance(int count) => Length += count;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _block.Length - Length)
        {
            Grow(Length + bytes.Length);
        }

        bytes.CopyTo(_block.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Gives the block back; the buffer is empty and may be filled again.</summary>
    public void Dispose()
    {
        if (_block.Length > 0)
        {
            // Cleared: what a client sent must not turn up with another.
            ArrayPool<byte>.Shared.Return(_block, clearArray: true);
            _block = [];
        }

        Length = 0;
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Smallest, Math.Max(needed, _block.Length * 2)));
        Written.CopyTo(larger);
        if (_block.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_block, clearArray: true);
        }

        _block = larger;
    }
}
