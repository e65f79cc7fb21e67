using System.Buffers;
using System.Runtime.CompilerServices;

using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;
using Gateway.Primitives;

namespace Gateway.EngineIO.WebSockets;

/// <summary>
/// Writes what waits for one client: everything there is goes, frame after frame, into one block and to the stream in one write.
/// Runs only while there is something to write, so an idle client has no loop parked here; as a <see cref="SerialWorker"/> it never writes
/// twice at a time, whoever wakes it and how often. It stops when the close frame is out, or the connection is lost. Owned by its
/// transport.
/// </summary>
internal sealed class WebSocketSender(Stream stream, EngineSession session, DeflateAgreement? deflate, EngineContext context) : SerialWorker
{
    // Kept by a client that does not read for as long as it does not; larger ones make a replay no faster.
    private const int LargestBlock = 32 * 1_024;

    // Of a packet that is larger than a block and is not copied.
    private const int LargestPiece = 64 * 1_024;
    private const int SmallestBlock = 1_024;

    // Of a shared connection: what comes meanwhile waits for no more than this.
    private const int SharedBlock = 8 * 1_024;

    // What a ping of ours takes in a block. One is due once in an interval.
    private const int PingBound = 16;

    private TaskCompletionSource? _done;
    private byte[]? _pong;
    private volatile bool _writing;
    private volatile bool _lost;
    private int _closeCode;

    public bool IsWriting => _writing;

    /// <summary>Completes when nothing more will be written: the close frame is out, or the connection is lost.</summary>
    public Task Done => DoneSource().Task;

    /// <summary>Answers a WebSocket ping; of several that wait only the last is answered (RFC 6455, 5.5.3).</summary>
    public void Pong(ReadOnlySpan<byte> payload)
    {
        Volatile.Write(ref _pong, payload.ToArray());
        Wake();
    }

    /// <summary>Closes with this code in place of the one that belongs to the session's reason.</summary>
    public void CloseWith(ushort code) => Volatile.Write(ref _closeCode, code);

    /// <summary>The connection is gone: nothing more is written. The session must be closed next.</summary>
    public void GiveUp() => _lost = true;

    protected override async ValueTask RunAsync()
    {
        var block = ArrayPool<byte>.Shared.Rent(SmallestBlock);
        var deflater = new FrameDeflater(deflate, context);
        try
        {
            while (true)
            {
                var batch = Fill(ref block, ref deflater);
                if (batch.IsComplete)
                {
                    await WriteCloseAsync(block);
                    Stop();
                    return;
                }

                if (batch.Length == 0)
                {
                    return;
                }

                await WriteAsync(block, batch);
            }
        }
        finally
        {
            deflater.Dispose();
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    protected override void OnFault(Exception exception)
    {
        _writing = false;
        if (WebSocketReader.IsPeerFault(exception))
        {
            session.Close(CloseReason.TransportLost);
        }
        else
        {
            session.Fail(exception);
        }
    }

    protected override void OnStopped() => DoneSource().TrySetResult();

    // Made when it is first asked for, at the end: an idle client does without.
    private TaskCompletionSource DoneSource() => LazyInitializer.EnsureInitialized(
        ref _done, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async ValueTask WriteAsync(byte[] block, Batch batch)
    {
        if (_lost)
        {
            return;
        }

        _writing = true;
        await stream.WriteAsync(block.AsMemory(0, batch.Length));
        for (var rest = batch.Tail; !rest.IsEmpty;)
        {
            // Piece by piece, so that the heartbeat sees a client that reads slowly but reads.
            session.WriteProgressed();
            var piece = rest[..Math.Min(LargestPiece, rest.Length)];
            await stream.WriteAsync(piece);
            rest = rest[piece.Length..];
        }

        _writing = false;
        session.WriteCompleted(batch.Packets, batch.Length + batch.Tail.Length, batch.Ping);
    }

    private ValueTask WriteCloseAsync(byte[] block)
    {
        if (_lost)
        {
            return ValueTask.CompletedTask;
        }

        var code = Volatile.Read(ref _closeCode);
        var reason = session.CloseReason;
        var length = WebSocketClosePayload.WriteFrame(
            block, code == 0 ? CloseReasons.WebSocketCode(reason) : (ushort)code, CloseReasons.WebSocketText(reason));
        return stream.WriteAsync(block.AsMemory(0, length));
    }

    /// <summary>
    /// Fills one block with what waits. A packet larger than a block is its own batch: its header in the block, its data as the tail.
    /// </summary>
    private Batch Fill(ref byte[] block, ref FrameDeflater deflater)
    {
        PacketSlots slots = default;
        var length = WritePong(block);
        var packets = 0;
        var ping = false;
        var limit = session.Outbound.IsShared ? SharedBlock : LargestBlock;
        while (true)
        {
            var capacity = limit - PingBound - length;
            var taken = session.Take(slots, capacity, first: packets == 0);
            if (taken.IsComplete)
            {
                // Packets in the block go out first; the next turn finds the queue complete again. A pong alone is of no use any more.
                return new Batch(length, packets, ping, default, IsComplete: packets == 0);
            }

            EnsureCapacity(ref block, length, slots, taken.Count);
            if (taken.Ping)
            {
                ping = true;
                length += WebSocketFrameCodec.WritePacket(block.AsSpan(length), EnginePacket.Bare(EnginePacketType.Ping));
            }

            for (var i = 0; i < taken.Count; i++)
            {
                ref readonly var packet = ref slots[i];
                packets++;
                var (isOwnBatch, deflated) = (packet.EncodedBound > capacity, deflater.Deflate(packet));
                length += deflated.IsEmpty
                    ? WebSocketFrameCodec.WritePacketHeader(block.AsSpan(length), packet)
                    : WebSocketFrameCodec.WriteDeflatedHeader(block.AsSpan(length), packet.IsBinary, deflated.Length);
                var data = deflated.IsEmpty ? packet.Data : deflated;
                if (isOwnBatch)
                {
                    return new Batch(length, packets, ping, data, IsComplete: false);
                }

                data.Span.CopyTo(block.AsSpan(length));
                length += data.Length;
            }

            if (taken.Count < PacketSlots.Size)
            {
                return new Batch(length, packets, ping, default, IsComplete: false);
            }
        }
    }

    private int WritePong(Span<byte> destination) =>
        Interlocked.Exchange(ref _pong, null) is { } pong ? WebSocketFrameCodec.WritePong(destination, pong) : 0;

    private static void EnsureCapacity(ref byte[] block, int length, ReadOnlySpan<EnginePacket> slots, int count)
    {
        long needed = length + PingBound;
        foreach (ref readonly var packet in slots[..count])
        {
            needed += packet.EncodedBound;
        }

        if (needed <= block.Length)
        {
            return;
        }

        // One step from the small block to the large one: a client that is sent much gets few writes.
        var larger = ArrayPool<byte>.Shared.Rent(LargestBlock);
        block.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(block);
        block = larger;
    }

    /// <param name="Length">Bytes in the block.</param>
    /// <param name="Packets">How many packets they are, the tail's included.</param>
    /// <param name="Ping">A ping is among them.</param>
    /// <param name="Tail">Data that follows the block.</param>
    /// <param name="IsComplete">Nothing to write and nothing more to come.</param>
    private readonly record struct Batch(int Length, int Packets, bool Ping, ReadOnlyMemory<byte> Tail, bool IsComplete);

    /// <summary>Packets taken from the queue under one lock.</summary>
    [InlineArray(Size)]
    private struct PacketSlots
    {
        public const int Size = 16;

        private EnginePacket _first;
    }
}
