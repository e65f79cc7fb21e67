namespace Gateway.Tools.Shadow.Observe;

/// <summary>Bytes that came and were not read yet. One owner; grows and shrinks with what is in it.</summary>
internal sealed class ByteQueue
{
    private const int Smallest = 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    public int Count => _end - _start;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, Count);

    /// <summary>The same, for whoever changes them in place.</summary>
    public Span<byte> Writable => _buffer.AsSpan(_start, Count);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _end < bytes.Length)
        {
            MakeRoom(bytes.Length);
        }

        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    public void Skip(int count)
    {
        _start += count;
        if (_start < _end)
        {
            return;
        }

        // Nothing waits: an idle connection keeps nothing.
        (_start, _end) = (0, 0);
        if (_buffer.Length > 64 * Smallest)
        {
            _buffer = [];
        }
    }

    private void MakeRoom(int more)
    {
        var count = Count;
        var target = count + more <= _buffer.Length ? _buffer : new byte[Math.Max(Smallest, Math.Max(count + more, count * 2))];
        _buffer.AsSpan(_start, count).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, count);
    }
}
