using System.Buffers;
using System.Threading.Channels;

namespace Gateway.Tools.Shadow.Forward;

/// <summary>Some bytes of one direction, in the order in which they went. Its buffer belongs to the pool: <see cref="Return"/>.</summary>
internal readonly record struct TapChunk(WireTap Tap, TapKind Kind, byte[] Buffer, int Length, DateTimeOffset Time)
{
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    public void Return()
    {
        if (Buffer.Length > 0)
        {
            // A handshake's bytes hold keys.
            ArrayPool<byte>.Shared.Return(Buffer, clearArray: true);
        }
    }
}

/// <summary>
/// Copies of what went through, on their way to those who look on. Bounded in pieces and in bytes; what finds no room is left out, and
/// nobody waits. Any thread writes, one loop reads.
/// </summary>
internal sealed class TapQueue(ShadowSwitch shadowSwitch, ShadowCounters counters, long maxBytes, TimeProvider timeProvider)
{
    private const int MaxChunks = 16 * 1024;

    // Full: the newest is left out, and its connection is lost to the reader. TryWrite says so.
    private readonly Channel<TapChunk> _chunks = Channel.CreateBounded<TapChunk>(new BoundedChannelOptions(MaxChunks)
    {
        SingleReader = true,
        FullMode = BoundedChannelFullMode.Wait,
    });

    private long _bytes;

    public ChannelReader<TapChunk> Reader => _chunks.Reader;

    /// <summary>False when it is not kept: there is no room, or nobody looks on.</summary>
    public bool TryWrite(WireTap tap, TapKind kind, ReadOnlySpan<byte> bytes)
    {
        if (!shadowSwitch.IsOn)
        {
            return false;
        }

        if (Interlocked.Add(ref _bytes, bytes.Length) > maxBytes)
        {
            Interlocked.Add(ref _bytes, -bytes.Length);
            counters.Drop(DropReason.ReaderBehind);
            return false;
        }

        var buffer = bytes.IsEmpty ? [] : ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer);
        var chunk = new TapChunk(tap, kind, buffer, bytes.Length, timeProvider.GetUtcNow());
        if (_chunks.Writer.TryWrite(chunk))
        {
            return true;
        }

        Release(chunk);
        counters.Drop(DropReason.ReaderBehind);
        return false;
    }

    /// <summary>Tells the reader that some time has gone by; when there is no room it has enough to look at.</summary>
    public void Tick() =>
        _chunks.Writer.TryWrite(new TapChunk(new WireTap(this, 0), TapKind.Tick, [], 0, timeProvider.GetUtcNow()));

    /// <summary>The reader is done with a piece.</summary>
    public void Release(in TapChunk chunk)
    {
        Interlocked.Add(ref _bytes, -chunk.Length);
        chunk.Return();
    }

    public void Complete() => _chunks.Writer.TryComplete();
}
