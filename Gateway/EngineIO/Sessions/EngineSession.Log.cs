using System.Net;

namespace Gateway.EngineIO.Sessions;

internal sealed partial class EngineSession
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Session opened over {Transport} from {Address}.")]
        public static partial void Opened(ILogger logger, string transport, IPAddress? address);

        [LoggerMessage(2, LogLevel.Debug, "Session upgraded to WebSocket.")]
        public static partial void Upgraded(ILogger logger);

        [LoggerMessage(EventId = 3, Message = "Session closed after {Duration}: {Reason}.")]
        public static partial void Closed(ILogger logger, LogLevel level, CloseReason reason, TimeSpan duration);

        [LoggerMessage(4, LogLevel.Error, "A fault of our own in a session.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
