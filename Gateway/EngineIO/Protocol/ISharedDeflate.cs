namespace Gateway.EngineIO.Protocol;

/// <summary>The compressed form of a packet that several clients are sent. Any thread.</summary>
internal interface ISharedDeflate
{
    /// <summary>The payload of the compressed frame, which stands alone; empty when it is no smaller.</summary>
    /// <param name="packet">The one that it belongs to.</param>
    ReadOnlyMemory<byte> Get(in EnginePacket packet);
}
