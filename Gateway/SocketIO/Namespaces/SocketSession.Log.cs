namespace Gateway.SocketIO.Namespaces;

internal sealed partial class SocketSession
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Closing, because of what the client sent: {Reason}.")]
        public static partial void Malformed(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Debug, "Closing, because the connection is in no namespace: {Reason}.")]
        public static partial void Unused(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Information, "CONNECT from {Address} refused: {Reason}.")]
        public static partial void ConnectRefused(ILogger logger, string address, string reason);

        [LoggerMessage(4, LogLevel.Information, "Events were dropped: the CONNECT to their namespace has not come within {Limit}.")]
        public static partial void DroppedUnconnected(ILogger logger, TimeSpan limit);
    }
}
