namespace Gateway.SocketIO.Protocol;

/// <summary>The seven packet types of Socket.IO 5; the value is the digit on the wire.</summary>
internal enum SocketPacketType : byte
{
    Connect = 0,
    Disconnect = 1,
    Event = 2,
    Ack = 3,
    ConnectError = 4,
    BinaryEvent = 5,
    BinaryAck = 6,
}
