namespace Gateway.EngineIO.Sessions;

/// <summary>What carries a session, as requests, log lines and metrics name it.</summary>
internal static class TransportNames
{
    public const string Polling = "polling";
    public const string WebSocket = "websocket";
}
