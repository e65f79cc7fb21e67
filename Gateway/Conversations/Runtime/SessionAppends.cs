using System.Diagnostics;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Stores what a session is asked to store, shows it to the room and tells the agent. While the store does not do what it is asked, a
/// client's action is not tried that has waited behind one that failed: nobody waits for more than one time limit of the store. What the
/// store has done after that limit is shown and told then. Used by the session's loop alone.
/// </summary>
/// <param name="session">Whose log it is.</param>
/// <param name="backend">The agent, or the way to it.</param>
/// <param name="context">What all sessions share.</param>
/// <param name="follower">Reads what others append, which comes before ours.</param>
/// <param name="activity">Learns of each event.</param>
/// <param name="show">Hands an event to the cursors of the room.</param>
internal sealed partial class SessionAppends(
    ConversationSession session,
    IAgentBackend backend,
    SessionContext context,
    LogFollower follower,
    ConversationActivity activity,
    Action<StoredEvent> show)
{
    private readonly UnansweredAppend _unanswered = new(session.Log);

    // When the store has failed for the last time, and how it has for those that waited.
    private (long At, StorageFailure Failure, string Message)? _failed;

    private IEventLog EventLog => session.Log;

    /// <summary>Throws what the store throws; whoever asked has been told by then.</summary>
    public async ValueTask AppendAsync(IReadOnlyList<SessionCommand.Append> appends, AppendTraces traces)
    {
        var done = 0;
        using var span = ConversationTraces.StartAppend(session.Key.Id, appends);
        try
        {
            if (_failed is { } failed)
            {
                for (; done < appends.Count && appends[done].ByClient && appends[done].PostedAt <= failed.At; done++)
                {
                    appends[done].Stored.TrySetException(new StorageException(failed.Failure, failed.Message) { IsSaid = true });
                }
            }

            while (done < appends.Count)
            {
                var head = EventLog.Head;
                await FindUnansweredAsync(head);
                foreach (var stored in await StoreFromAsync(head, appends, done, appends[0].ByClient, traces))
                {
                    // Before its sender goes on: what it says next comes to the backend behind this.
                    await follower.OnStoredAsync(stored, appends[0].ByClient);
                    appends[done++].Stored.TrySetResult(stored.Id);
                }
            }
        }
        catch (Exception exception)
        {
            foreach (var append in appends.Skip(done))
            {
                append.Stored.TrySetException(exception);
            }

            throw;
        }
    }

    /// <summary>As above, with nothing between them.</summary>
    public async ValueTask AppendAllAsync(SessionCommand.AppendAll append, AppendTraces traces)
    {
        using var span = ConversationTraces.StartAppend(session.Key.Id, append.Trace);
        try
        {
            for (var done = 0; done < append.Drafts.Count;)
            {
                var head = EventLog.Head;
                await FindUnansweredAsync(head);
                if (_unanswered.TryTakeFound(append.Drafts[done].SourceId, out var id))
                {
                    append.Drafts[done++].Appended(id);
                    continue;
                }

                foreach (var stored in await StoreFromAsync(head, append.Drafts, done, byClients: false, traces))
                {
                    await follower.OnStoredAsync(stored, isOfClient: false);
                    done++;
                }
            }
        }
        catch (Exception exception)
        {
            append.Stored.TrySetException(exception);
            throw;
        }

        append.Stored.TrySetResult();
    }

    /// <summary>
    /// The log has this head: shows what is stored of an append that the store did not answer, and tells the agent. Never throws; a read
    /// that fails is tried again when the log grows, and before the next append.
    /// </summary>
    public async ValueTask TryFindUnansweredAsync(int head)
    {
        try
        {
            await FindUnansweredAsync(head);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotFound(context.Logger, session.Key.Id, exception.Message);
        }
    }

    private async ValueTask FindUnansweredAsync(int head)
    {
        if (!_unanswered.MayBeIn(head))
        {
            return;
        }

        foreach (var (stored, json, isOfClient) in await _unanswered.FindAsync(head))
        {
            Log.StoredLate(context.Logger, session.Key.Id, stored.Id);
            context.Metrics.Appended(1, duration: null);
            show(stored);
            activity.OnAppended(json);
            await follower.OnStoredAsync(stored, isOfClient);
        }
    }

    /// <summary>Stores drafts from one of them on, as far as no other process has taken an id.</summary>
    /// <param name="head">
    /// The log's, when it was last looked at for what an append without an answer has stored: later it may have more.
    /// </param>
    private async ValueTask<ArraySegment<StoredEvent>> StoreFromAsync(
        int head, IReadOnlyList<IEventDraft> drafts, int start, bool byClients, AppendTraces traces)
    {
        var first = head + 1;
        var jsons = new JObject[drafts.Count - start];
        var events = new StoredEvent[jsons.Length];
        for (var i = 0; i < events.Length; i++)
        {
            var draft = drafts[start + i];
            jsons[i] = draft.Resolve();
            events[i] = context.Writer.Write(first + i, draft.Source, jsons[i]) with { SourceId = draft.SourceId };
            draft.Appended(first + i);
        }

        var began = context.Metrics.MeasuresAppends ? context.TimeProvider.GetTimestamp() : 0;
        var stored = await TryStoreAsync(events, jsons, byClients);
        context.Metrics.Appended(stored, began == 0 ? null : context.TimeProvider.GetElapsedTime(began));
        traces.Add(first, stored, Activity.Current);

        // What others have appended comes before it.
        await follower.CatchUpAsync(first - 1);
        for (var i = 0; i < stored; i++)
        {
            show(events[i]);
            activity.OnAppended(jsons[i]);
        }

        if (stored < events.Length)
        {
            // Another process has written this id meanwhile: its event stays, ours takes the next one.
            Log.IdTaken(context.Logger, session.Key.Id, first + stored);
        }

        return new ArraySegment<StoredEvent>(events, 0, stored);
    }

    private async ValueTask<int> TryStoreAsync(StoredEvent[] events, JObject[] jsons, bool byClients)
    {
        try
        {
            var stored = byClients && backend.HearsFromLog
                ? await EventLog.TryAppendForClientsAsync(events, CancellationToken.None)
                : await EventLog.TryAppendAsync(events, CancellationToken.None);
            if (stored > 0)
            {
                _unanswered.End();
            }

            return stored;
        }
        catch (StorageException exception) when (exception.Failure == StorageFailure.Unknown)
        {
            // What waited behind it was not tried. Of what is in a log that several gateways have, the follower tells.
            _failed = (Stopwatch.GetTimestamp(), StorageFailure.TimedOut, exception.Message);
            if (!context.Gateways.AreShared)
            {
                _unanswered.Begin(events, jsons, byClients);
            }

            throw;
        }
        catch (StorageException exception) when (exception.MayPass)
        {
            _failed = (Stopwatch.GetTimestamp(), exception.Failure, exception.Message);
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Conversation {ConversationId}: another writer has taken id {EventId}; going on behind it.")]
        public static partial void IdTaken(ILogger logger, ConversationId conversationId, int eventId);

        [LoggerMessage(2, LogLevel.Warning,
            "Conversation {ConversationId}: event {EventId} is stored after all; its sender was told that nobody knows.")]
        public static partial void StoredLate(ILogger logger, ConversationId conversationId, int eventId);

        [LoggerMessage(3, LogLevel.Warning,
            "Conversation {ConversationId}: whether an event that ran out of time is stored cannot be seen yet ({Problem}).")]
        public static partial void NotFound(ILogger logger, ConversationId conversationId, string problem);
    }
}
