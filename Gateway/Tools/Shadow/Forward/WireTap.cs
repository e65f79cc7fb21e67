namespace Gateway.Tools.Shadow.Forward;

internal enum TapKind
{
    FromClient,
    FromServer,

    /// <summary>The client sent its last byte, or its connection broke.</summary>
    ClientEnd,

    /// <summary>The server sent its last byte, or its connection broke.</summary>
    ServerEnd,

    /// <summary>Of no connection: some time has gone by.</summary>
    Tick,
}

/// <summary>
/// What one connection shows to those who look on. The two pumps of the connection write, the queue's reader owns the state.
/// </summary>
internal sealed class WireTap(TapQueue queue, int number)
{
    private volatile bool _isLost;

    /// <summary>Counted from 1; 0 for none.</summary>
    public int Number { get; } = number;

    /// <summary>Something of it could not be kept, so that what follows cannot be read either. Never becomes false again.</summary>
    public bool IsLost => _isLost;

    /// <summary>What the reader has made of it so far; the reader's alone.</summary>
    public object? State { get; set; }

    /// <summary>Copies the bytes and returns at once; when there is no room for them the connection is lost to those who look on.</summary>
    public void Write(TapKind kind, ReadOnlySpan<byte> bytes)
    {
        if (!_isLost && !queue.TryWrite(this, kind, bytes))
        {
            _isLost = true;
        }
    }
}
