namespace Gateway.Conversations.Runtime;

internal sealed partial class Cursor
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Event {EventId} cannot be shown and is skipped: {Problem}")]
        public static partial void CorruptEvent(ILogger logger, int eventId, string problem);

        [LoggerMessage(2, LogLevel.Error, "Delivery failed; the client is disconnected and can come back with its last id.")]
        public static partial void DeliveryFailed(ILogger logger, Exception exception);

        [LoggerMessage(4, LogLevel.Debug, "The store cannot be read now ({Reason}); the client waits for it.")]
        public static partial void DeliveryWaits(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Debug, "The client lags: its oldest waiting status update was dropped.")]
        public static partial void TransientMessageDropped(ILogger logger);
    }
}
