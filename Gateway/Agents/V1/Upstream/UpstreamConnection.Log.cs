namespace Gateway.Agents.V1.Upstream;

internal sealed partial class UpstreamConnection
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "Conversation {ConversationId}: connected to agent server {Version} by its {Socket} socket.")]
        public static partial void Connected(ILogger logger, Guid conversationId, string version, string socket);

        [LoggerMessage(2, LogLevel.Information,
            "Conversation {ConversationId}: the agent server's socket ended with {Code} \"{Reason}\" (brought events: {HasProgress}); "
                + "next {Next}.")]
        public static partial void Ended(ILogger logger, Guid conversationId, int code, string reason, bool hasProgress, NextTry next);

        [LoggerMessage(EventId = 3, Message = "Conversation {ConversationId}: connection to the agent server given up: {Reason}")]
        public static partial void GivenUp(ILogger logger, LogLevel level, Guid conversationId, string reason);

        [LoggerMessage(4, LogLevel.Information, "Conversation {ConversationId} created on the agent server.")]
        public static partial void Created(ILogger logger, Guid conversationId);

        [LoggerMessage(5, LogLevel.Warning, "Conversation {ConversationId} could not be created on the agent server: {Problem}")]
        public static partial void NotCreated(ILogger logger, Guid conversationId, string problem);

        [LoggerMessage(EventId = 6, Message = "Conversation {ConversationId}: {Problem} (next {Next})")]
        public static partial void NotReady(ILogger logger, LogLevel level, Guid conversationId, string problem, NextTry next);

        [LoggerMessage(7, LogLevel.Debug, "Conversation {ConversationId}: the agent rests, its socket is let go.")]
        public static partial void LetGo(ILogger logger, Guid conversationId);
    }
}
