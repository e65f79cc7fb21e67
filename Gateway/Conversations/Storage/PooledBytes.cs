using System.Buffers;

namespace Gateway.Conversations.Storage;

/// <summary>
/// Bytes read from a store, one piece after the other, in one array: a pooled one while it is small. Owned by one reader, then by the
/// <see cref="EventPage"/> that is made of it; disposing gives the array back. Not thread-safe.
/// </summary>
/// <param name="capacity">
/// What is likely to be read: the array is that large from its first bytes on, so that they are not copied into larger ones.
/// </param>
internal sealed class PooledBytes(int capacity = 0) : IDisposable
{
    /// <summary>
    /// Larger arrays are left to the garbage collector. The shared pool keeps what it is given for as long as the process is idle: a burst
    /// of large events would hold its memory for ever.
    /// </summary>
    public const int MaxPooledBytes = 1024 * 1024;

    private byte[] _array = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, Length);

    /// <summary>Room for as many bytes behind those that are there; <see cref="Advance"/> says how many have come into it.</summary>
    public ArraySegment<byte> GetSegment(int length)
    {
        if (length > Array.MaxLength - Length)
        {
            throw new IOException("What is stored is too large to be read.");
        }

        Grow(Length + length);
        return new ArraySegment<byte>(_array, Length, length);
    }

    public void Advance(int count) => Length += count;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Grow(Length + bytes.Length);
        bytes.CopyTo(_array.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Forgets what was appended after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    public void Dispose()
    {
        var array = _array;
        _array = [];
        Length = 0;
        Return(array);
    }

    private void Grow(int needed)
    {
        if (needed <= _array.Length)
        {
            return;
        }

        var length = Length == 0 ? Math.Max(needed, capacity) : (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _array.Length));
        var larger = length <= MaxPooledBytes ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);
        Span.CopyTo(larger);
        var smaller = _array;
        _array = larger;
        Return(smaller);
    }

    private static void Return(byte[] array)
    {
        if (array.Length is > 0 and <= MaxPooledBytes)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
