using System.Diagnostics;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Stores what a session is asked to store, shows it to the room and tells the agent. While the store does not do what it is asked, a
/// client's action is not tried that has waited behind one that failed: nobody waits for more than one time limit of the store. Used by the
/// session's loop alone.
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
    // When the store has failed for the last time, and how.
    private (long At, StorageException Exception)? _failed;

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
                    appends[done].Stored.TrySetException(
                        new StorageException(failed.Exception.Failure, failed.Exception.Message) { IsSaid = true });
                }
            }

            while (done < appends.Count)
            {
                foreach (var stored in await StoreFromAsync(appends, done, appends[0].ByClient, traces))
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
                foreach (var stored in await StoreFromAsync(append.Drafts, done, byClients: false, traces))
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

    /// <summary>Stores drafts from one of them on, as far as no other process has taken an id.</summary>
    private async ValueTask<ArraySegment<StoredEvent>> StoreFromAsync(
        IReadOnlyList<IEventDraft> drafts, int start, bool byClients, AppendTraces traces)
    {
        var first = EventLog.Head + 1;
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
        var stored = await TryStoreAsync(events, byClients);
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

    private async ValueTask<int> TryStoreAsync(StoredEvent[] events, bool byClients)
    {
        try
        {
            return byClients && backend.HearsFromLog
                ? await EventLog.TryAppendForClientsAsync(events, CancellationToken.None)
                : await EventLog.TryAppendAsync(events, CancellationToken.None);
        }
        catch (StorageException exception) when (exception.MayPass)
        {
            _failed = (Stopwatch.GetTimestamp(), exception);
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Conversation {ConversationId}: another writer has taken id {EventId}; going on behind it.")]
        public static partial void IdTaken(ILogger logger, ConversationId conversationId, int eventId);
    }
}
