namespace Gateway.Conversations.Runtime;

internal sealed partial class SessionLoop
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Conversation {ConversationId} opened; its last event is {EventId}.")]
        public static partial void Opened(ILogger logger, ConversationId conversationId, int eventId);

        [LoggerMessage(2, LogLevel.Information, "Conversation {ConversationId} closed: {Reason}.")]
        public static partial void Closed(ILogger logger, ConversationId conversationId, string reason);

        [LoggerMessage(3, LogLevel.Error, "Conversation {ConversationId}: {Command} failed.")]
        public static partial void CommandFailed(ILogger logger, Exception exception, ConversationId conversationId, string command);

        [LoggerMessage(6, LogLevel.Error, "Conversation {ConversationId}: the agent did not end.")]
        public static partial void BackendNotEnded(ILogger logger, Exception exception, ConversationId conversationId);

        [LoggerMessage(7, LogLevel.Debug, "Conversation {ConversationId}: no client came in time for {Count} status updates.")]
        public static partial void NoFirstClient(ILogger logger, ConversationId conversationId, int count);

        [LoggerMessage(8, LogLevel.Warning, "Conversation {ConversationId}: its metadata could not be written in time before it closed.")]
        public static partial void ActivityNotWritten(ILogger logger, Exception exception, ConversationId conversationId);

        [LoggerMessage(11, LogLevel.Information, "Conversation {ConversationId}: it has been deleted elsewhere; its session closes.")]
        public static partial void Deleted(ILogger logger, ConversationId conversationId);

        [LoggerMessage(12, LogLevel.Debug, "Conversation {ConversationId}: an append was not taken: {Reason}.")]
        public static partial void NotTaken(ILogger logger, ConversationId conversationId, string reason);
    }
}
