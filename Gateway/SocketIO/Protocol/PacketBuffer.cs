using System.Buffers;

namespace Gateway.SocketIO.Protocol;

/// <summary>A writer over one array of a length known beforehand, which becomes the packet. One user, one packet.</summary>
internal sealed class PacketBuffer(int length) : IBufferWriter<byte>
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(length);
    private int _written;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _written);

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(_written);

    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(_written);
}
