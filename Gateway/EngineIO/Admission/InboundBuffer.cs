using System.Buffers;
using System.Numerics;

namespace Gateway.EngineIO.Admission;

/// <summary>
/// Bytes that arrive piece by piece, in one block from the pool that grows with what has arrived, never with what was announced. What it
/// holds beyond a first small block, which every message may have, counts against the <see cref="InboundBudget"/>. Owned by one reader;
/// not thread-safe. Handed out memory is valid until the next call.
/// </summary>
internal sealed class InboundBuffer(InboundBudget budget) : IDisposable
{
    private const int FreeBytes = 4 * 1_024;

    private byte[] _block = [];

    public int Length { get; private set; }

    public Memory<byte> Written => _block.AsMemory(0, Length);

    /// <summary>
    /// Space behind what is written: at least one byte, and no more than doubles the block. False when the budget is spent.
    /// </summary>
    public bool TryGetSpace(out Memory<byte> space)
    {
        if (Length == _block.Length && !TryEnlarge(Length + 1))
        {
            space = default;
            return false;
        }

        space = _block.AsMemory(Length);
        return true;
    }

    /// <summary>So many bytes of the space are written.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>False, and nothing is written, when the budget is spent.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _block.Length - Length && !TryEnlarge(Length + bytes.Length))
        {
            return false;
        }

        bytes.CopyTo(_block.AsSpan(Length));
        Length += bytes.Length;
        return true;
    }

    /// <summary>Gives the block back; the buffer is empty and may be filled again.</summary>
    public void Dispose()
    {
        if (_block.Length > 0)
        {
            // Cleared: what a client sent must not turn up with another.
            ArrayPool<byte>.Shared.Return(_block, clearArray: true);
            budget.Release(CountedBytes(_block.Length));
            _block = [];
        }

        Length = 0;
    }

    private static long CountedBytes(int length) => Math.Max(0, length - FreeBytes);

    private bool TryEnlarge(int needed)
    {
        // The pool gives powers of two: what is asked for is what is held.
        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(FreeBytes, Math.Max(needed, _block.Length * 2)));
        if (!budget.TryReserve(CountedBytes(length) - CountedBytes(_block.Length)))
        {
            return false;
        }

        var larger = ArrayPool<byte>.Shared.Rent(length);
        Written.CopyTo(larger);
        if (_block.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_block, clearArray: true);
        }

        _block = larger;
        return true;
    }
}
