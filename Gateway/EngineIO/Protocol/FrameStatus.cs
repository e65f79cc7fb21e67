namespace Gateway.EngineIO.Protocol;

/// <summary>What became of bytes that should have been the header of a client's frame. Immutable.</summary>
internal enum FrameStatus
{
    Ok,

    /// <summary>Not all of the header is there yet.</summary>
    NeedMore,

    /// <summary>RSV bits are set, and no extension was agreed.</summary>
    ReservedBits,

    /// <summary>An opcode that RFC 6455 does not define.</summary>
    UnknownOpcode,

    /// <summary>A client must mask (5.1).</summary>
    NotMasked,

    /// <summary>A control frame must be one frame (5.5).</summary>
    FragmentedControl,

    /// <summary>A control frame carries at most 125 bytes (5.5).</summary>
    ControlTooLong,

    /// <summary>The length is not in its shortest form, or has its highest bit set (5.2).</summary>
    InvalidLength,
}
