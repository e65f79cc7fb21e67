namespace Gateway.Agents.V1;

internal sealed partial class V1Agent
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId:N}: the bridge to the agent server failed; it starts again.")]
        public static partial void BridgeFailed(ILogger logger, Exception exception, Guid conversationId);

        [LoggerMessage(2, LogLevel.Warning, "Conversation {ConversationId:N}: the agent server refused the session key.")]
        public static partial void KeyRefused(ILogger logger, Guid conversationId);

        [LoggerMessage(3, LogLevel.Information, "Conversation {ConversationId:N}: an action was refused: {Problem}")]
        public static partial void Refused(ILogger logger, Guid conversationId, string problem);

        [LoggerMessage(4, LogLevel.Warning, "Conversation {ConversationId:N}: what was taken last is not committed; it is recognised later.")]
        public static partial void NotCommitted(ILogger logger, Exception exception, Guid conversationId);
    }
}
