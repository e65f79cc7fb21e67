namespace Gateway.SocketIO.Namespaces;

internal sealed partial class SocketPump
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connected to namespace {Namespace}.")]
        public static partial void Connected(ILogger logger, string @namespace);

        [LoggerMessage(2, LogLevel.Debug, "Refused at namespace {Namespace}.")]
        public static partial void Refused(ILogger logger, string @namespace);

        [LoggerMessage(3, LogLevel.Debug, "Left namespace {Namespace}: {Reason}.")]
        public static partial void Disconnected(ILogger logger, string @namespace, DisconnectReason reason);

        [LoggerMessage(4, LogLevel.Error, "The connect handler of namespace {Namespace} failed; the client is refused.")]
        public static partial void ConnectFailed(ILogger logger, Exception exception, string @namespace);

        [LoggerMessage(5, LogLevel.Error, "{Handler} of namespace {Namespace} failed; the socket goes on.")]
        public static partial void HandlerFailed(ILogger logger, Exception exception, string handler, string @namespace);

        [LoggerMessage(6, LogLevel.Debug, "An event in namespace {Namespace} was given up, because its socket left.")]
        public static partial void EventAbandoned(ILogger logger, string @namespace);
    }
}
