namespace Gateway.SocketIO.Protocol;

/// <summary>
/// Event names that client libraries raise themselves. One that came from a peer could pass for the library's own
/// (CVE-2024-38355), so such a packet is malformed.
/// </summary>
internal static class ReservedEventNames
{
    public static bool Contains(string name) =>
        name is "connect" or "connect_error" or "disconnect" or "disconnecting" or "newListener" or "removeListener";
}
