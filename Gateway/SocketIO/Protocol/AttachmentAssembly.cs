namespace Gateway.SocketIO.Protocol;

/// <summary>A binary packet whose attachments are arriving. Not thread-safe: its owner's lock guards it.</summary>
internal sealed class AttachmentAssembly(SocketPacket header, ReadOnlyMemory<byte> arguments, int maxBytes)
{
    private readonly List<ReadOnlyMemory<byte>> _attachments = [];
    private int _received;
    private long _bytes = arguments.Length;

    /// <summary>The header; its payload is not to be used, as it points into memory that is gone.</summary>
    public SocketPacket Header { get; } = header with { Payload = default };

    /// <summary>The arguments in memory of their own.</summary>
    public ReadOnlyMemory<byte> Arguments { get; private set; } = arguments;

    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments => _attachments;

    public bool IsComplete => _received == Header.AttachmentCount;

    /// <summary>Nobody wants the packet any more: its attachments are counted, not kept.</summary>
    public bool IsDiscarding { get; private set; }

    /// <summary>Copies an attachment. False when the packet would grow beyond its bound.</summary>
    public bool TryAdd(ReadOnlySpan<byte> attachment)
    {
        _received++;
        if (IsDiscarding)
        {
            return true;
        }

        _bytes += attachment.Length;
        if (_bytes > maxBytes)
        {
            return false;
        }

        _attachments.Add(attachment.ToArray());
        return true;
    }

    public void Discard()
    {
        IsDiscarding = true;
        Arguments = default;
        _attachments.Clear();
    }
}
