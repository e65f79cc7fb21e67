namespace Gateway.Agents.V1.Upstream;

internal sealed partial class UpstreamConnection
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "Conversation {ConversationId:N}: connected to agent server {Version} by its {Socket} socket.")]
        public static partial void Connected(ILogger logger, Guid conversationId, string version, string socket);

        [LoggerMessage(2, LogLevel.Information,
            "Conversation {ConversationId:N}: the agent server's socket ended with {Code} \"{CloseText}\" (brought events: {HasProgress}); "
                + "next {Next}.")]
        public static partial void Ended(ILogger logger, Guid conversationId, int code, string closeText, bool hasProgress, NextTry next);

        [LoggerMessage(EventId = 3, Message = "Conversation {ConversationId:N}: connection to the agent server given up: {Problem}")]
        public static partial void GivenUp(ILogger logger, LogLevel level, Guid conversationId, string problem);

        [LoggerMessage(EventId = 4, Message = "Conversation {ConversationId:N}: {Problem} (next {Next})")]
        public static partial void NotReady(ILogger logger, LogLevel level, Guid conversationId, string problem, NextTry next);

        [LoggerMessage(5, LogLevel.Debug, "Conversation {ConversationId:N}: the agent rests, its socket is let go.")]
        public static partial void LetGo(ILogger logger, Guid conversationId);
    }
}
