namespace Gateway.SocketIO.Protocol;

/// <summary>What <see cref="SocketPacketCodec"/> found in a packet. Everything but <see cref="Ok"/> is the peer's fault.</summary>
internal enum SocketDecodeStatus
{
    Ok,

    /// <summary>No byte at all.</summary>
    Empty,

    /// <summary>The first byte is none of <c>0</c> to <c>6</c>.</summary>
    UnknownType,

    /// <summary>A binary packet whose attachment count is absent, zero or no number.</summary>
    BadAttachmentCount,

    /// <summary>More attachments announced than allowed.</summary>
    TooManyAttachments,

    /// <summary>A namespace longer than <see cref="SocketPacketCodec.MaxNamespaceBytes"/>.</summary>
    NamespaceTooLong,

    /// <summary>An acknowledgement without an id, an id where none belongs, or one too long to be a number.</summary>
    BadAckId,

    /// <summary>The payload is no JSON, nested too deeply, or not of the kind that the type asks for.</summary>
    BadPayload,

    /// <summary>The first element of an event is no string, or a reserved name.</summary>
    BadEventName,

    /// <summary>A placeholder whose number is not the index of an attachment.</summary>
    BadPlaceholder,

    /// <summary>Its JSON and attachments together would be larger than a packet may be.</summary>
    TooLarge,
}
