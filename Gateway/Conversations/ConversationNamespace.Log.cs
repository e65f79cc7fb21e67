namespace Gateway.Conversations;

internal sealed partial class ConversationNamespace
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "CONNECT from {Address} refused: {Reason}.")]
        public static partial void Refused(ILogger logger, string address, string reason);

        [LoggerMessage(2, LogLevel.Error, "The conversation's events cannot be read.")]
        public static partial void EventsNotAccessible(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "The conversation's events cannot be read in time.")]
        public static partial void EventsTooLate(ILogger logger);

        [LoggerMessage(4, LogLevel.Information, "An action was refused: {Problem}")]
        public static partial void BadAction(ILogger logger, string problem);

        [LoggerMessage(5, LogLevel.Warning, "Unknown arguments of an action are left out of the event: {Names}.")]
        public static partial void UnknownArguments(ILogger logger, string names);

        [LoggerMessage(6, LogLevel.Error, "An action could not be stored.")]
        public static partial void ActionFailed(ILogger logger, Exception exception);

        [LoggerMessage(10, LogLevel.Debug, "An action was not stored: {Reason}.")]
        public static partial void ActionNotTaken(ILogger logger, string reason);

        [LoggerMessage(9, LogLevel.Debug, "An action came too late to be stored: its conversation is closing.")]
        public static partial void ActionTooLate(ILogger logger);

        [LoggerMessage(8, LogLevel.Error, "The access policy could not decide; the client is refused.")]
        public static partial void NotAuthorized(ILogger logger, Exception exception);
    }
}
