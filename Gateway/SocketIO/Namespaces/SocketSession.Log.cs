using Gateway.EngineIO;

namespace Gateway.SocketIO.Namespaces;

internal sealed partial class SocketSession
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Closing, because of what the client sent: {Fault}.")]
        public static partial void Malformed(ILogger logger, string fault);

        [LoggerMessage(2, LogLevel.Debug, "Closing, because the connection is in no namespace: {Reason}.")]
        public static partial void Unused(ILogger logger, CloseReason reason);

        [LoggerMessage(3, LogLevel.Information, "CONNECT refused: {Cause}.")]
        public static partial void ConnectRefused(ILogger logger, string cause);
    }
}
