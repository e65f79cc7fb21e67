using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Follows what other gateways append to a conversation: reads it once for all clients in the room, and tells the agent, while that is
/// here, of clients' actions in the order of the log, whichever gateway has stored them. A read that fails is left to the clients' cursors;
/// for the agent it is tried again. Used by the session's loop alone.
/// </summary>
/// <param name="session">Whose log it is.</param>
/// <param name="backend">The agent, or the way to it.</param>
/// <param name="context">What all sessions share.</param>
/// <param name="members">Who is in the room.</param>
/// <param name="show">Hands an event to the cursors of the room.</param>
/// <param name="notify">Shows the room something without an id.</param>
internal sealed partial class LogFollower(
    ConversationSession session,
    IAgentBackend backend,
    SessionContext context,
    RoomMembers members,
    Action<StoredEvent> show,
    Action<JObject> notify)
{
    // Whoever is farther behind than this reads by itself: a crowd of late events is not kept for all.
    private const int MaxShown = 256;

    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(1);

    private readonly bool _isShared = context.Gateways.AreShared;
    private int _shown = -1;

    // Null while the agent is not here.
    private int? _heard;
    private volatile bool _isRetrying;

    private IEventLog EventLog => session.Log;

    /// <summary>The session runs: what is in the log up to this event is history.</summary>
    public void Begin(int head) => _shown = head;

    /// <summary>The agent is here and was told through this id; null: it is here no longer.</summary>
    public async ValueTask FollowAsync(int? afterId)
    {
        _heard = afterId;
        await CatchUpAsync(EventLog.Head);
    }

    /// <summary>Others have appended events up to this one. Never throws.</summary>
    public async ValueTask CatchUpAsync(int through)
    {
        if (!_isShared)
        {
            return;
        }

        if (members.Count == 0 || through - _shown > MaxShown)
        {
            _shown = Math.Max(_shown, through);
        }

        try
        {
            for (var next = Next; next <= through; next = Next)
            {
                using var page = await EventLog.ReadAsync(next, through, CancellationToken.None);
                await TakeAsync(page);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _shown = Math.Max(_shown, through);
            RetryForAgent(exception);
        }
    }

    /// <summary>The session has stored an event itself, and shown it; others' before it have been caught up with if they could.</summary>
    public async ValueTask OnStoredAsync(StoredEvent stored, bool isOfClient)
    {
        _shown = Math.Max(_shown, stored.Id);
        if (!_isShared || !backend.HearsFromLog)
        {
            if (isOfClient)
            {
                await TellAsync(stored);
            }
        }
        else if (_heard == stored.Id - 1)
        {
            await HearAsync(stored, isOfClient);
        }
    }

    // Where a read begins.
    private int Next => Math.Min(_shown, _heard ?? _shown) + 1;

    private async ValueTask TakeAsync(EventPage page)
    {
        foreach (var stored in page.Events)
        {
            // Where something is left out each cursor reads for itself, and says so.
            if (stored.Id > _shown && page.Corrupt.Count == 0)
            {
                show(stored);
            }

            if (_heard < stored.Id)
            {
                var isOfClient = stored.Header.Source == EventSource.User;
                await HearAsync(isOfClient ? stored with { Json = stored.Json.ToArray() } : stored, isOfClient);
            }
        }

        _shown = Math.Max(_shown, page.NextId - 1);
        if (_heard < page.NextId - 1)
        {
            _heard = page.NextId - 1;
        }
    }

    private async ValueTask HearAsync(StoredEvent stored, bool isOfClient)
    {
        if (isOfClient)
        {
            await TellAsync(stored);
        }

        _heard = stored.Id;
        EventLog.Heard(stored.Id);
    }

    /// <summary>Its bytes stay. Never throws.</summary>
    private async ValueTask TellAsync(StoredEvent stored)
    {
        try
        {
            if (await backend.OnStoredAsync(stored, CancellationToken.None))
            {
                return;
            }

            Log.BackendFull(context.Logger, session.Key.Id, stored.Id);
        }
        catch (Exception exception)
        {
            Log.BackendFailed(context.Logger, exception, session.Key.Id, stored.Id);
        }

        notify(TransientMessages.Error("The agent could not take the action; it is stored."));
    }

    private void RetryForAgent(Exception exception)
    {
        if (_heard is null || _isRetrying)
        {
            return;
        }

        Log.NotHeard(context.Logger, session.Key.Id, exception.Message);
        _isRetrying = true;
        _ = RetryAsync();
    }

    private async Task RetryAsync()
    {
        await Task.Delay(s_retryInterval, context.TimeProvider);
        _isRetrying = false;
        session.Post(new SessionCommand.LogGrown());
    }

    private static partial class Log
    {
        [LoggerMessage(
            1,
            LogLevel.Warning,
            "Conversation {ConversationId}: its agent has not heard yet of what other gateways have stored ({Problem}); that is tried again.")]
        public static partial void NotHeard(ILogger logger, ConversationId conversationId, string problem);

        [LoggerMessage(2, LogLevel.Error, "Conversation {ConversationId}: the agent failed on event {EventId}.")]
        public static partial void BackendFailed(ILogger logger, Exception exception, ConversationId conversationId, int eventId);

        [LoggerMessage(3, LogLevel.Debug, "Conversation {ConversationId}: too much waits for the agent to take event {EventId}.")]
        public static partial void BackendFull(ILogger logger, ConversationId conversationId, int eventId);
    }
}
