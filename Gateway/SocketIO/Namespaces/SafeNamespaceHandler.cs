namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// Calls a namespace's handler so that an exception of its ends nothing but the call: it becomes a line in the log of the
/// connection. Owned by the namespace; any thread.
/// </summary>
internal sealed partial class SafeNamespaceHandler(INamespaceHandler handler, string namespaceName)
{
    private static readonly ConnectDecision s_failed = ConnectDecision.Refused("Internal error");
    private static readonly ConnectDecision s_gone = ConnectDecision.Refused("Disconnected");

    public async ValueTask<ConnectDecision> ConnectAsync(SocketConnection socket, ConnectRequest request, ILogger logger)
    {
        try
        {
            return await handler.ConnectAsync(socket, request, socket.Closing);
        }
        catch (OperationCanceledException) when (socket.HasLeft)
        {
            return s_gone;
        }
        catch (Exception exception)
        {
            Log.ConnectFailed(logger, exception, namespaceName);
            return s_failed;
        }
    }

    public void Connected(SocketConnection socket, ILogger logger)
    {
        try
        {
            handler.Connected(socket);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, nameof(INamespaceHandler.Connected), namespaceName);
        }
    }

    public async ValueTask EventAsync(SocketConnection socket, IncomingEvent incoming, ILogger logger)
    {
        var ack = incoming.AckId is { } id ? new SocketAck(socket, id) : null;
        try
        {
            await handler.EventAsync(socket, new SocketEvent(incoming.Name, incoming.Arguments, incoming.Attachments, ack));
        }
        catch (OperationCanceledException) when (socket.HasLeft)
        {
            Log.EventAbandoned(logger, namespaceName);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, nameof(INamespaceHandler.EventAsync), namespaceName);
        }
    }

    public void Disconnected(SocketConnection socket, DisconnectReason reason, ILogger logger)
    {
        try
        {
            handler.Disconnected(socket, reason);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, nameof(INamespaceHandler.Disconnected), namespaceName);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The connect handler of namespace {Namespace} failed; the client is refused.")]
        public static partial void ConnectFailed(ILogger logger, Exception exception, string @namespace);

        [LoggerMessage(2, LogLevel.Error, "{Call} of namespace {Namespace} failed; the socket goes on.")]
        public static partial void Failed(ILogger logger, Exception exception, string call, string @namespace);

        [LoggerMessage(3, LogLevel.Debug, "An event in namespace {Namespace} was given up, because its socket left.")]
        public static partial void EventAbandoned(ILogger logger, string @namespace);
    }
}
