namespace Gateway.SocketIO;

/// <summary>
/// Encodes events of the main namespace into one exact array, many at a time: for a sender that has a page of them. Not thread-safe;
/// reusable after <see cref="Build"/>: it keeps its scratch memory, so nobody should hold one while idle.
/// </summary>
internal sealed class PreparedEventBatch
{
    private const int FirstScratch = 16 * 1_024;

    private readonly ReadOnlyMemory<byte> _head;
    private byte[] _scratch = [];
    private int[] _ends = [];
    private int _length;

    public PreparedEventBatch(string eventName) => _head = PreparedEvents.Head(eventName);

    public int Count { get; private set; }

    /// <summary>Bytes of the packets added so far: a sender may bound its batch by it.</summary>
    public int Length => _length;

    /// <summary>Adds an event with one argument: a JSON value in UTF-8, given in up to three pieces to be spliced.</summary>
    public void Add(ReadOnlySpan<byte> json, ReadOnlySpan<byte> json2 = default, ReadOnlySpan<byte> json3 = default)
    {
        var end = checked(_length + _head.Length + json.Length + json2.Length + json3.Length + 1);
        if (end > _scratch.Length)
        {
            GrowScratch(end);
        }

        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, Math.Max(64, _ends.Length * 2));
        }

        var output = _scratch.AsSpan(_length, end - _length);
        Append(_head.Span, ref output);
        Append(json, ref output);
        Append(json2, ref output);
        Append(json3, ref output);
        output[0] = (byte)']';
        _length = end;
        _ends[Count++] = end;
    }

    /// <summary>The events added so far, over memory of their own; the batch is empty again.</summary>
    public ReadOnlyMemory<PreparedEvent> Build()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(_length);
        _scratch.AsSpan(0, _length).CopyTo(bytes);
        var events = new PreparedEvent[Count];
        var start = 0;
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = new PreparedEvent(bytes.AsMemory(start, _ends[i] - start));
            start = _ends[i];
        }

        _length = 0;
        Count = 0;
        return events;
    }

    private static void Append(ReadOnlySpan<byte> piece, ref Span<byte> output)
    {
        piece.CopyTo(output);
        output = output[piece.Length..];
    }

    private void GrowScratch(int needed)
    {
        // Not Array.Resize: the new memory need not be cleared.
        var length = Math.Max(needed, Math.Max(FirstScratch, Math.Min(Array.MaxLength, _scratch.Length * 2L)));
        var larger = GC.AllocateUninitializedArray<byte>((int)length);
        _scratch.AsSpan(0, _length).CopyTo(larger);
        _scratch = larger;
    }
}
