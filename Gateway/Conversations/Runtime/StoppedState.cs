using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;

namespace Gateway.Conversations.Runtime;

/// <summary>The state that V0 stores when a conversation was stopped. Stateless.</summary>
internal static partial class StoppedState
{
    /// <summary>
    /// V0 stores it when its clients have gone already, and does not count it as activity. A conversation that was never active, or that
    /// says so already, is left as it is. Called by the session's loop, last.
    /// </summary>
    public static async ValueTask StoreAsync(ConversationSession session, NewestAgentState newestState, SessionContext context)
    {
        var log = session.Log;
        try
        {
            // While it loads there is no agent yet that could have stopped: V0 stores nothing then.
            var state = await newestState.ReadAsync(log, CancellationToken.None);
            if (log.Head >= 0 && state is not (AgentStates.Stopped or AgentStates.Loading))
            {
                var stopped = AgentStates.Changed(AgentStates.Stopped);
                int id;
                do
                {
                    id = log.Head + 1;
                }
                while (!await log.TryAppendAsync(
                    id, context.Writer.Write(id, EventSource.Environment, stopped).Json, CancellationToken.None));
                context.Metrics.Appended(1, duration: null);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotStored(context.Logger, exception, session.Key.Id);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Conversation {ConversationId}: that it was stopped could not be stored.")]
        public static partial void NotStored(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
