namespace Gateway.Conversations;

internal sealed partial class ConversationNamespace
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "CONNECT refused: {Reason}.")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Error, "The conversation's events cannot be read.")]
        public static partial void EventsNotAccessible(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "Conversation {ConversationId}: its metadata cannot be read and is left as it is: {Problem}")]
        public static partial void DamagedMetadata(ILogger logger, ConversationId conversationId, string problem);

        [LoggerMessage(4, LogLevel.Information, "An action was refused: {Problem}")]
        public static partial void BadAction(ILogger logger, string problem);

        [LoggerMessage(5, LogLevel.Warning, "Unknown arguments of an action are left out of the event: {Names}.")]
        public static partial void UnknownArguments(ILogger logger, string names);

        [LoggerMessage(6, LogLevel.Error, "An action could not be stored.")]
        public static partial void ActionFailed(ILogger logger, Exception exception);

        [LoggerMessage(7, LogLevel.Warning, "Conversation {ConversationId}: its metadata could not be written.")]
        public static partial void NotRemembered(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
