namespace Gateway.EngineIO;

/// <summary>How a connection has been used so far.</summary>
/// <param name="Transport"><c>polling</c> or <c>websocket</c>: what carries it now, or did at its end.</param>
/// <param name="Duration">Since it began; until its end, once that has come.</param>
/// <param name="BytesReceived">Of the packets that came.</param>
/// <param name="BytesSent">Written to the client, framing included.</param>
internal readonly record struct ConnectionUsage(string Transport, TimeSpan Duration, long BytesReceived, long BytesSent);
