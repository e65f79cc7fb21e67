using Gateway.EngineIO;
using Gateway.Primitives;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// One line for each connection that has ended: the server's access log, under a category of its own
/// (<c>Logging:LogLevel:Gateway.Connections</c>). The conversation stands in the scope of the line. Any thread.
/// </summary>
internal sealed partial class ConnectionLog(ILoggerFactory loggers)
{
    public const string Category = "Gateway.Connections";

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    /// <param name="connection">It has ended.</param>
    /// <param name="scope">What the line carries.</param>
    /// <param name="reason">Why.</param>
    /// <param name="eventsReceived">Events from the client, of all its namespaces.</param>
    /// <param name="eventsSent">Events that were queued for it.</param>
    public void Write(IEngineConnection connection, ConnectionScope scope, CloseReason reason, long eventsReceived, long eventsSent)
    {
        if (!_logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        var usage = connection.Usage;
        Log.Ended(
            new ScopedLogger(_logger, scope),
            AddressText.Of(connection.Handshake.RemoteAddress),
            SmallWords.Of(reason),
            UserAgent.NameOf(
                connection.Handshake.Headers.GetValueOrDefault(UserAgent.Header), connection.Handshake.Query[UserAgent.Timestamp]),
            usage.Transport,
            TimeSpan.FromMilliseconds(Math.Round(usage.Duration.TotalMilliseconds)),
            eventsReceived,
            eventsSent,
            usage.BytesReceived,
            usage.BytesSent);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "Connection from {Address} ended: {Reason}. {Client} over {Transport} for {Duration:g}; received {EventsReceived} events, "
                + "{BytesReceived} bytes; sent {EventsSent} events, {BytesSent} bytes.")]
        public static partial void Ended(
            ILogger logger, string address, string reason, string client, string transport, TimeSpan duration, long eventsReceived,
            long eventsSent, long bytesReceived, long bytesSent);
    }
}
