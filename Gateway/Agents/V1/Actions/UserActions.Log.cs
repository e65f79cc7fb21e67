namespace Gateway.Agents.V1.Actions;

internal sealed partial class UserActions
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId:N}: a user's action failed; the next ones are done.")]
        public static partial void ActionFailed(ILogger logger, Exception exception, Guid conversationId);

        [LoggerMessage(2, LogLevel.Information, "Conversation {ConversationId:N}: '{Action}' was not handed on: {Problem}")]
        public static partial void NotHandedOn(ILogger logger, Guid conversationId, string action, string problem);

        [LoggerMessage(3, LogLevel.Information,
            "Conversation {ConversationId:N}: the agent server has saved a message and does not run it yet; it is asked again.")]
        public static partial void NotRun(ILogger logger, Guid conversationId);

        [LoggerMessage(4, LogLevel.Warning,
            "Conversation {ConversationId:N}: no answer to a message within {Limit}, and the log does not show it; it is not sent again.")]
        public static partial void Unanswered(ILogger logger, Guid conversationId, TimeSpan limit);
    }
}
