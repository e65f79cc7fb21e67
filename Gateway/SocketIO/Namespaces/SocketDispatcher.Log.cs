namespace Gateway.SocketIO.Namespaces;

internal sealed partial class SocketDispatcher
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connected to namespace {Namespace}.")]
        public static partial void Connected(ILogger logger, string @namespace);

        [LoggerMessage(2, LogLevel.Debug, "Refused at namespace {Namespace}.")]
        public static partial void Refused(ILogger logger, string @namespace);

        [LoggerMessage(3, LogLevel.Debug, "Left namespace {Namespace}: {Reason}.")]
        public static partial void Disconnected(ILogger logger, string @namespace, string reason);

        [LoggerMessage(4, LogLevel.Error, "A fault of our own between a socket and its handler; its connection is closed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
