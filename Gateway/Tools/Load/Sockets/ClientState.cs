namespace Gateway.Tools.Load.Sockets;

/// <summary>How far a client is.</summary>
internal enum ClientState
{
    /// <summary>It has no connection.</summary>
    Away,
    Connecting,
    Securing,

    /// <summary>It has asked for the WebSocket.</summary>
    Upgrading,

    /// <summary>It waits for Engine.IO's open packet.</summary>
    Opening,

    /// <summary>It has sent CONNECT; what is replayed comes before the answer.</summary>
    Joining,
    Live,
}
