namespace Gateway.SocketIO.Namespaces;

/// <summary>The encoding of a connection's packets: the first packet shows it, and it stays.</summary>
internal enum PacketEncoding : byte
{
    /// <summary>The default of Socket.IO: text, with attachments in messages of their own.</summary>
    Text,

    /// <summary>That of <c>socket.io-msgpack-parser</c>: each packet is one binary message.</summary>
    MessagePack,
}
