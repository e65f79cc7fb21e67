using System.Buffers;

using Gateway.Primitives;

namespace Gateway.Conversations.Events;

/// <summary>
/// Encodes into one array of exactly the length that is needed. What does not fit into a small pooled block is written twice, the first
/// time only to be measured: a buffer that grows would cost a large event three times its length. Pure; allocates the result.
/// </summary>
internal static class EncodedJson
{
    /// <summary>Calls <paramref name="write"/> once, or twice with the same state; it must write the same both times.</summary>
    public static ReadOnlyMemory<byte> Create<TState>(TState state, Action<TState, IBufferWriter<byte>> write)
    {
        using var block = new MeasuringBlock();
        write(state, block);
        if (block.TryCopy(out var bytes))
        {
            return bytes;
        }

        var output = new ExactBuffer(block.Length);
        write(state, output);
        return output.Written;
    }

    /// <summary>Keeps the bytes while they fit, and counts all of them.</summary>
    private sealed class MeasuringBlock : IBufferWriter<byte>, IDisposable
    {
        // Writers ask for far less at a time: see EventJsonWriter.MaxStepBytes.
        private const int BlockBytes = 16 * 1024;

        private readonly byte[] _block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        private int _used;

        public int Length { get; private set; }

        public bool TryCopy(out ReadOnlyMemory<byte> bytes)
        {
            var fits = Length == _used;
            bytes = fits ? _block.AsSpan(0, _used).ToArray() : default;
            return fits;
        }

        public void Advance(int count)
        {
            _used += count;
            Length = checked(Length + count);
        }

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            MakeRoom(sizeHint);
            return _block.AsMemory(_used);
        }

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            MakeRoom(sizeHint);
            return _block.AsSpan(_used);
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_block);

        // What stands in the block is overwritten: from here on it is only counted.
        private void MakeRoom(int sizeHint)
        {
            if (_block.Length - _used < Math.Max(1, sizeHint))
            {
                _used = 0;
            }
        }
    }
}
