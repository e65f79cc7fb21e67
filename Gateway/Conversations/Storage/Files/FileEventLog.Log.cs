namespace Gateway.Conversations.Storage.Files;

internal sealed partial class FileEventLog
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "Conversation {ConversationId}: the page from event {EventId} on was not written; reading will be slower.")]
        public static partial void PageNotWritten(ILogger logger, ConversationId conversationId, int eventId, Exception exception);
    }
}
