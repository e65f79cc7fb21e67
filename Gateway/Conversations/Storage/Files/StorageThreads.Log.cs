namespace Gateway.Conversations.Storage.Files;

internal sealed partial class StorageThreads
{
    private static partial class Log
    {
        [LoggerMessage(
            1,
            LogLevel.Warning,
            "Conversation {ConversationId}: the store has not answered in time ({Call}); there are {Threads} of at most {MaxThreads} storage threads.")]
        public static partial void Hangs(
            ILogger logger, ConversationId conversationId, StorageCallKind call, int threads, int maxThreads);

        [LoggerMessage(2, LogLevel.Information, "Conversation {ConversationId}: the store has answered what had been given up.")]
        public static partial void Answered(ILogger logger, ConversationId conversationId);
    }
}
