namespace Gateway.EngineIO.Protocol;

/// <summary>Engine.IO 4 packet types; on the wire one ASCII digit. Immutable.</summary>
internal enum EnginePacketType : byte
{
    Open = 0,
    Close = 1,
    Ping = 2,
    Pong = 3,
    Message = 4,
    Upgrade = 5,
    Noop = 6,
}
