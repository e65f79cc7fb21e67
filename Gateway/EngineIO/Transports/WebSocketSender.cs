using System.Buffers;
using System.Runtime.CompilerServices;

using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Transports;

/// <summary>
/// Writes what waits for one client: everything there is goes, frame after frame, into one block and to the stream in one write.
/// Runs only while there is something to write, so an idle client has no loop parked here. <see cref="Wake"/> may be called from any thread, but
/// only as the outbound queue says: at most one run is under way. Owned by its transport.
/// </summary>
internal sealed class WebSocketSender(Stream stream, EngineSession session) : IThreadPoolWorkItem
{
    private const int LargestBlock = 64 * 1_024;
    private const int SmallestBlock = 1_024;

    // A ping and a pong of our own go before the packets.
    private const int ControlBound = 16 + WebSocketFrameCodec.MaxControlPayload;

    private TaskCompletionSource? _done;
    private byte[]? _pong;
    private volatile bool _writing;
    private volatile bool _lost;
    private int _closeCode;

    public bool IsWriting => _writing;

    /// <summary>Completes when nothing more will be written: the close frame is out, or the connection is lost.</summary>
    public Task Done => DoneSource().Task;

    public void Wake() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>Answers a WebSocket ping; of several that wait only the last is answered (RFC 6455, 5.5.3).</summary>
    public void Pong(ReadOnlySpan<byte> payload)
    {
        Volatile.Write(ref _pong, payload.ToArray());
        if (session.Outbound.Nudge())
        {
            Wake();
        }
    }

    /// <summary>Closes with this code in place of the one that belongs to the session's reason.</summary>
    public void CloseWith(ushort code) => Volatile.Write(ref _closeCode, code);

    /// <summary>The connection is gone: nothing more is written. The session must be closed next.</summary>
    public void GiveUp() => _lost = true;

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    // Made when it is first asked for, at the end: an idle client does without.
    private TaskCompletionSource DoneSource() => LazyInitializer.EnsureInitialized(
        ref _done, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task RunAsync()
    {
        var block = ArrayPool<byte>.Shared.Rent(SmallestBlock);
        try
        {
            while (true)
            {
                var batch = Fill(ref block);
                if (batch.IsComplete)
                {
                    await WriteCloseAsync(block);
                    DoneSource().TrySetResult();
                    return;
                }

                if (batch.Length == 0)
                {
                    return;
                }

                await WriteAsync(block, batch);
            }
        }
        catch (Exception exception)
        {
            _writing = false;
            DoneSource().TrySetResult();
            if (WebSocketReader.IsPeerFault(exception))
            {
                session.Close(CloseReason.TransportLost);
            }
            else
            {
                session.Fail(exception);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private async ValueTask WriteAsync(byte[] block, Batch batch)
    {
        if (_lost)
        {
            return;
        }

        _writing = true;
        await stream.WriteAsync(block.AsMemory(0, batch.Length));
        if (!batch.Tail.IsEmpty)
        {
            await stream.WriteAsync(batch.Tail);
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

    /// <summary>Fills one block with what waits. A packet larger than a block is its own batch: its header in the block, its data as the tail.</summary>
    private Batch Fill(ref byte[] block)
    {
        PacketSlots slots = default;
        var length = 0;
        var packets = 0;
        var ping = false;
        while (true)
        {
            var room = LargestBlock - ControlBound - length;
            var taken = session.Outbound.Take(slots, room, first: length == 0);
            if (taken.IsEmpty)
            {
                // With nothing in the block this run is over, and from here on another may begin.
                return new Batch(length, packets, ping, default, IsComplete: false);
            }

            if (taken.IsComplete)
            {
                // What is in the block goes out first; the next turn finds the queue complete again.
                return new Batch(length, packets, ping, default, IsComplete: length == 0);
            }

            ping |= taken.Ping;
            EnsureRoom(ref block, length, slots, taken);
            length += WriteControls(block.AsSpan(length), taken.Ping);
            for (var i = 0; i < taken.Count; i++)
            {
                ref readonly var packet = ref slots[i];
                packets++;
                if (packet.EncodedBound > LargestBlock - ControlBound)
                {
                    length += WebSocketFrameCodec.WritePacketHeader(block.AsSpan(length), packet);
                    return new Batch(length, packets, ping, packet.Data, IsComplete: false);
                }

                length += WebSocketFrameCodec.WritePacket(block.AsSpan(length), packet);
            }

            if (taken.Count < PacketSlots.Size)
            {
                return new Batch(length, packets, ping, default, IsComplete: false);
            }
        }
    }

    private int WriteControls(Span<byte> destination, bool ping)
    {
        var length = 0;
        if (ping)
        {
            length += WebSocketFrameCodec.WritePacket(destination, EnginePacket.Bare(EnginePacketType.Ping));
        }

        if (Interlocked.Exchange(ref _pong, null) is { } pong)
        {
            length += WebSocketFrameCodec.WriteHeader(destination[length..], WebSocketOpcode.Pong, pong.Length);
            pong.CopyTo(destination[length..]);
            length += pong.Length;
        }

        return length;
    }

    private static void EnsureRoom(ref byte[] block, int length, ReadOnlySpan<EnginePacket> slots, Taken taken)
    {
        long needed = length + ControlBound;
        foreach (ref readonly var packet in slots[..taken.Count])
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
