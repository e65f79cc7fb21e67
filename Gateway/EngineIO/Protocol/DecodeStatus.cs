namespace Gateway.EngineIO.Protocol;

/// <summary>What became of bytes that should have been a packet. Immutable.</summary>
internal enum DecodeStatus
{
    Ok,

    /// <summary>No byte where a packet should be.</summary>
    Empty,

    /// <summary>The first byte is no packet type.</summary>
    UnknownType,

    /// <summary>A text packet whose bytes are no UTF-8.</summary>
    InvalidUtf8,

    /// <summary>A <c>b</c> packet whose rest is no base64.</summary>
    InvalidBase64,
}
