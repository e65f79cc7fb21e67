using System.Buffers;

namespace Gateway.Primitives;

/// <summary>
/// A writer over one array whose length is known beforehand: what is written is the result, without a copy. Used once, by one thread.
/// </summary>
internal sealed class ExactBuffer(int length) : IBufferWriter<byte>
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(length);
    private int _written;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _written);

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(_written);

    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(_written);
}
