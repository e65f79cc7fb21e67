namespace Gateway.SocketIO.Protocol;

/// <summary>A binary packet whose attachments are arriving. Not thread-safe: its owner's lock guards it.</summary>
internal sealed class AttachmentAssembly(SocketPacket header, ReadOnlyMemory<byte> arguments, int maxBytes)
{
    private readonly List<ReadOnlyMemory<byte>> _attachments = [];
    private long _bytes = arguments.Length;

    /// <summary>The header without its payload, which points into memory that is gone.</summary>
    public SocketPacket Header { get; } = header with { Payload = default };

    /// <summary>The arguments in memory of their own.</summary>
    public ReadOnlyMemory<byte> Arguments { get; } = arguments;

    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments => _attachments;

    /// <summary>Copies an attachment. False when the packet would grow beyond its bound.</summary>
    public bool TryAdd(ReadOnlySpan<byte> attachment)
    {
        _bytes += attachment.Length;
        if (_bytes > maxBytes)
        {
            return false;
        }

        _attachments.Add(attachment.ToArray());
        return true;
    }
}
