using System.Net.Sockets;

namespace Gateway.EngineIO.Listening;

internal sealed partial class EngineListener
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A connection could not be accepted: {Error}.")]
        public static partial void AcceptFailed(ILogger logger, SocketError error);

        [LoggerMessage(2, LogLevel.Error, "A fault of our own in a connection.")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "Stopped before every client had been told.")]
        public static partial void GaveUp(ILogger logger);
    }
}
