using Gateway.EngineIO.Protocol;

namespace Gateway.Tools.Load.Sockets;

/// <summary>
/// The compressed messages (RFC 7692) of one client's server, put together from their frames. It keeps the window in which the next one is
/// read, and nothing else between two messages. Belongs to its client.
/// </summary>
/// <param name="keepsContext">False: the server begins each message anew.</param>
internal sealed class CompressedMessages(bool keepsContext) : IDisposable
{
    private const int MaxMessage = 64 * 1_024 * 1_024;
    private const int LargestKept = 64 * 1_024;

    private readonly DeflateDecoder _decoder = new(keepsContext);
    private readonly MemoryStream _message = new();
    private long _missing;
    private bool _isOpen;

    /// <summary>A frame has begun, and not all of it has come.</summary>
    public bool IsReading { get; private set; }

    /// <summary>The message is one of text.</summary>
    public bool IsText { get; private set; }

    /// <summary>Whether a frame is of a compressed message.</summary>
    public bool Has(in ServerFrame frame) => frame.IsCompressed || (_isOpen && frame.Opcode == WebSocketOpcode.Continuation);

    /// <summary>A frame's header has come. False when its message is larger than any that is read.</summary>
    public bool TryBegin(in ServerFrame frame)
    {
        (_missing, _isOpen, IsReading) = (frame.Length, !frame.IsFinal, true);
        IsText = frame.Opcode == WebSocketOpcode.Text || (frame.Opcode == WebSocketOpcode.Continuation && IsText);
        return frame.Length <= MaxMessage - _message.Length;
    }

    /// <summary>Takes the frame's bytes away from what has come. True when its message is whole: it is to be decoded.</summary>
    public bool TryTake(ref Span<byte> bytes)
    {
        var count = (int)Math.Min(_missing, bytes.Length);
        _message.Write(bytes[..count]);
        bytes = bytes[count..];
        _missing -= count;
        IsReading = _missing > 0;
        return !IsReading && !_isOpen;
    }

    /// <summary>Puts the message that is whole into <paramref name="plain"/>. False when it cannot be decoded, or is too large.</summary>
    public bool TryDecode(MemoryStream plain)
    {
        plain.SetLength(0);
        var isDecoded = _decoder.TryDecode(_message.GetBuffer().AsMemory(0, (int)_message.Length), plain, MaxMessage);
        _message.SetLength(0);
        if (_message.Capacity > LargestKept)
        {
            _message.Capacity = 0;
        }

        return isDecoded;
    }

    public void Dispose() => _decoder.Dispose();
}
