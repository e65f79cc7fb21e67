namespace Gateway.Conversations;

internal sealed partial class ConversationService
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Conversation {ConversationId}: its metadata cannot be read and is left as it is: {Problem}")]
        public static partial void DamagedMetadata(ILogger logger, ConversationId conversationId, string problem);

        [LoggerMessage(2, LogLevel.Warning, "Conversation {ConversationId}: its metadata could not be written.")]
        public static partial void NotRemembered(ILogger logger, Exception exception, ConversationId conversationId);

        [LoggerMessage(3, LogLevel.Debug, "{Name} is left out of the list: {Problem}")]
        public static partial void NotListed(ILogger logger, string name, string problem);
    }
}
