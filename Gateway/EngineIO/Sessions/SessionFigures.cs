namespace Gateway.EngineIO.Sessions;

/// <summary>What there is of sessions at one moment, for metrics.</summary>
/// <param name="Polling">Those that poll.</param>
/// <param name="WebSockets">Those on a WebSocket.</param>
/// <param name="QueuedPackets">Packets that wait for clients, of all sessions.</param>
/// <param name="FullestQueue">How full the fullest queue of them is, from 0 to 1; what is kept for senders that cannot wait may make it
/// more.</param>
internal readonly record struct SessionFigures(long Polling, long WebSockets, long QueuedPackets, double FullestQueue);
