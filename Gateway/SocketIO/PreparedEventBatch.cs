using System.Buffers;

using Gateway.SocketIO.Namespaces;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO;

/// <summary>
/// Encodes events for one socket (<see cref="SocketConnection.CreateBatch"/>), many at a time, where they stay: into chunks of memory that
/// are filled one after the other, so that nothing is copied twice. Events of several <see cref="Build"/>s may share a chunk, which lives
/// as long as one of them. Not thread-safe; reusable after <see cref="Build"/>: it keeps what is left of a chunk, so nobody should hold one
/// while idle.
/// </summary>
internal sealed class PreparedEventBatch
{
    /// <summary>
    /// Larger arrays are large objects to the runtime, which it frees rarely: a page of events in one array made replays to many clients
    /// hold several times as much memory.
    /// </summary>
    private const int LargestChunk = 64 * 1_024;

    private const int SecondChunk = 1_024;
    private const int FewEvents = 16;

    private readonly EventFrame _frame;
    private Memory<byte> _free;
    private PreparedEvent[] _events = [];

    // One argument as MessagePack, for a socket that takes that.
    private ArrayBufferWriter<byte>? _packed;
    private int _lastChunk;
    private int _lastCount;

    public PreparedEventBatch(EventFrame frame) => _frame = frame;

    /// <summary>Of the main namespace, as text.</summary>
    public PreparedEventBatch(string eventName)
        : this(new TextPacketWriter(SocketPacketCodec.MainNamespace).FrameOf(eventName))
    {
    }

    public int Count { get; private set; }

    /// <summary>Adds an event with one argument: a JSON value in UTF-8, given in up to three pieces to be spliced.</summary>
    public void Add(ReadOnlySpan<byte> json, ReadOnlySpan<byte> json2 = default, ReadOnlySpan<byte> json3 = default)
    {
        if (_frame.IsMessagePack)
        {
            json = Pack(json, json2, json3);
            json2 = default;
            json3 = default;
        }

        var packet = Allocate(checked(_frame.Head.Length + json.Length + json2.Length + json3.Length + _frame.Tail.Length));
        var output = packet.Span;
        Append(_frame.Head.Span, ref output);
        Append(json, ref output);
        Append(json2, ref output);
        Append(json3, ref output);
        Append(_frame.Tail.Span, ref output);
        if (Count == _events.Length)
        {
            Array.Resize(ref _events, Count == 0 ? Math.Max(FewEvents, _lastCount) : Count * 2);
        }

        _events[Count++] = new PreparedEvent(packet);
    }

    /// <summary>The events added so far; the batch is empty again, and leaves them alone.</summary>
    public ReadOnlyMemory<PreparedEvent> Build()
    {
        var events = _events.AsMemory(0, Count);
        _events = [];
        _lastCount = Count;
        Count = 0;
        return events;
    }

    private ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> json, ReadOnlySpan<byte> json2, ReadOnlySpan<byte> json3)
    {
        _packed ??= new ArrayBufferWriter<byte>();
        _packed.ResetWrittenCount();
        var length = json.Length + json2.Length + json3.Length;
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var rest = whole.AsSpan();
            Append(json, ref rest);
            Append(json2, ref rest);
            Append(json3, ref rest);
            MessagePackEncoder.WriteValue(whole.AsMemory(0, length), _packed);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }

        return _packed.WrittenSpan;
    }

    private static void Append(ReadOnlySpan<byte> piece, ref Span<byte> output)
    {
        piece.CopyTo(output);
        output = output[piece.Length..];
    }

    private Memory<byte> Allocate(int length)
    {
        if (length > _free.Length)
        {
            if (length > LargestChunk / 4)
            {
                // In an array of its own: little is left unused at the end of a chunk.
                return GC.AllocateUninitializedArray<byte>(length);
            }

            // Exact for the first event, because it is often the only one.
            _lastChunk = _lastChunk == 0 ? length : Math.Clamp(_lastChunk * 2, Math.Max(SecondChunk, length), LargestChunk);
            _free = GC.AllocateUninitializedArray<byte>(_lastChunk);
        }

        var packet = _free[..length];
        _free = _free[length..];
        return packet;
    }
}
