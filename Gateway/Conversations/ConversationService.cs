using Gateway.Conversations.Connect;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations;

/// <summary>
/// The one door to conversations, for sockets, HTTP routes, operators and tools. A conversation is known when it has metadata, and open
/// when it has a session, with or without a socket. Callers have asked the access policy and made the key
/// (<see cref="ConversationUsers"/>). Any thread; nothing is kept here. A store that fails throws <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/>, a server behind the backend <see cref="BackendFailedException"/>, and nothing is changed
/// then; every wait ends with the caller's token, and an opening with <c>OpenTimeout</c>.
/// </summary>
internal sealed partial class ConversationService(
    ConversationRegistry registry,
    KnownConversations known,
    IEventLogStore logs,
    IConversationCatalogue catalogue,
    SessionContext context,
    ILogger<ConversationService> logger)
{
    /// <summary>What is known of a conversation; null when it is not known and not open.</summary>
    public async ValueTask<ConversationInfo?> FindAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        var status = (await StatusOfAsync(key.UserId, [key.Id], cancellationToken))[0];
        try
        {
            var found = await known.FindAsync(key, cancellationToken);
            return found is not null ? known.Describe(key, found, status, MetadataRules.FindDamage(found))
                : status.State == SessionState.Closed ? null
                : known.Describe(key, null, status);
        }
        catch (DamagedMetadataException exception)
        {
            return known.Describe(key, null, status, exception.Damage);
        }
    }

    /// <summary>
    /// A user's conversations, the newest first, a page at a time; damaged ones are counted and left out, as V0's list does.
    /// </summary>
    public async ValueTask<ConversationPage> ListAsync(
        ConversationId? userId, int offset, int limit, CancellationToken cancellationToken)
    {
        var page = await known.ListAsync(userId, offset, limit, cancellationToken);
        foreach (var damaged in page.Damaged)
        {
            Log.NotListed(logger, damaged.Name, damaged.Problem);
        }

        var statuses = await StatusOfAsync(userId, [.. page.Entries.Select(static entry => entry.Key.Id)], cancellationToken);
        return new ConversationPage(
            [.. page.Entries.Select((entry, n) => known.Describe(entry.Key, entry.Metadata.Json, statuses[n]))], page.Total);
    }

    /// <summary>
    /// Makes a conversation. With a first message it is opened and the message submitted: the answer is its refusal, if the agent refused
    /// it, and the conversation stays, as with V0. Where a server behind the backend says which conversations there are, it is made there,
    /// with its first message; what that server refuses is not made.
    /// </summary>
    public async ValueTask<CreatedConversation> CreateAsync(NewConversation wanted, CancellationToken cancellationToken)
    {
        var created = await known.CreateAsync(wanted, cancellationToken);
        if (created.Key == default || wanted.FirstMessage is not { } message)
        {
            return created;
        }

        // A server behind the backend has the message already: what is left is to open the conversation.
        return created with
        {
            Refusal = wanted.Agent.BackendOwnsConversations
                ? await StartAsync(created.Key, cancellationToken)
                : await SubmitAsync(created.Key, message, cancellationToken),
        };
    }

    /// <summary>
    /// The conversation's session, held open for the caller, who releases it; or V0's text of a refusal. One that is not open yet is
    /// opened; an unknown one is made first where <paramref name="createUnknown"/> says so. What is found wrong on the way is written to
    /// <paramref name="callerLogger"/>, so that the line says for whom.
    /// </summary>
    public async ValueTask<OpenedSession> OpenAsync(
        ConversationKey key, bool createUnknown, ILogger callerLogger, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Whoever opened it has looked at its metadata: not again for each client of a conversation that is open, or about to be.
            if (await registry.TryAcquireAsync(key, opens: false, cancellationToken) is { } open)
            {
                return open;
            }

            var agent = await AgentOfAsync(key, cancellationToken).WaitAsync(cancellationToken);
            if (!await (agent.BackendOwnsConversations
                ? known.IsOfUserAsync(key, agent, cancellationToken).AsTask()
                : EnsureKnownAsync(key, createUnknown ? agent : null, callerLogger, cancellationToken)).WaitAsync(cancellationToken))
            {
                return new OpenedSession(null, ConnectRefusals.JoinFailed);
            }

            if (await registry.TryAcquireAsync(key, opens: true, cancellationToken) is { } opened)
            {
                if (agent.BackendOwnsConversations && opened.Session is not null)
                {
                    await RememberAsync(key, agent, callerLogger, cancellationToken);
                }

                return opened;
            }
        }
    }

    /// <summary>Opens a known conversation for a client that is about to come, and runs its agent. Null, or a refusal's text.</summary>
    public async ValueTask<string?> StartAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(key, createUnknown: false, logger, cancellationToken);
        if (opened.Session is not { } session)
        {
            return opened.Refusal ?? ConnectRefusals.JoinFailed;
        }

        session.Warm();
        session.Start(byServer: true);
        session.Release();
        return null;
    }

    /// <summary>
    /// Submits an action as if a client had sent it (<see cref="ActionPayload"/>): every client in the room sees it. Opens the conversation
    /// when it is known and not open. Null once it is stored or taken by the agent, else what a client would be told. The token ends the
    /// waiting for the opening; an action that has been handed over is not taken back.
    /// </summary>
    public async ValueTask<string?> SubmitAsync(ConversationKey key, JToken payload, CancellationToken cancellationToken)
    {
        var check = ActionPayload.Check(payload);
        if (check is not ActionPayloadResult.Accepted action)
        {
            return ((ActionPayloadResult.Refused)check).Message;
        }

        var opened = await OpenAsync(key, createUnknown: false, logger, cancellationToken);
        if (opened.Session is not { } session)
        {
            return opened.Refusal ?? ConnectRefusals.JoinFailed;
        }

        try
        {
            session.Start(byServer: true);
            return await session.SubmitAsync(new UserAction(action.Body), CancellationToken.None);
        }
        finally
        {
            session.Release();
        }
    }

    /// <summary>
    /// Shows something without an id, such as a status update, to the clients of an open conversation. False when it is not open.
    /// </summary>
    public async ValueTask<bool> SendAsync(ConversationKey key, JObject message, CancellationToken cancellationToken)
    {
        if (registry.FindOpen(key) is not { } session || !session.TryAcquire())
        {
            return await context.Gateways.IsOpenElsewhereAsync(key, cancellationToken)
                && await context.Gateways.Rooms.SendAsync(
                    key, RoomMessage.Create(RoomMessageKind.Wait, EventWriter.Encode(message)), cancellationToken);
        }

        try
        {
            await session.NotifyAsync(message, cancellationToken);
            return true;
        }
        finally
        {
            session.Release();
        }
    }

    /// <summary>
    /// Gives the conversation a title, and tells the room, as V0's PATCH does. False when it is not known. Metadata that V0 cannot read
    /// throws <see cref="DamagedMetadataException"/>.
    /// </summary>
    public async ValueTask<bool> RenameAsync(ConversationKey key, string title, CancellationToken cancellationToken)
    {
        var trimmed = title.Trim();
        // An empty title is V0's affair: it is shown as the default one. A server behind the backend takes none.
        var agent = await known.AgentOfAsync(key, cancellationToken);
        if (agent.Conversations is { } behind
            && trimmed.Length > 0
            && await known.IsOfUserAsync(key, agent, cancellationToken)
            && await AskAsync(behind.RenameAsync(key.Id, trimmed, cancellationToken)))
        {
            await RememberAsync(key, agent, logger, cancellationToken);
        }

        return await SetTitleAsync(key, trimmed, static _ => true, cancellationToken);
    }

    /// <summary>
    /// Makes a title of the first user message for a conversation that has none of its own, and tells the room: what V0 up to 0.37 did when
    /// it was asked for an empty title. Where nobody has spoken yet there is nothing to be done. False when the conversation is not known
    /// or has a title.
    /// </summary>
    public async ValueTask<bool> MakeTitleAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        if (await FindAsync(key, cancellationToken) is not { Damage: null, Metadata: { } json } || !HasNoTitle(json))
        {
            return false;
        }

        var log = await ReadLogAsync(key, cancellationToken);
        if (await new FirstMessageTitle(log).FindAsync(cancellationToken) is { } title)
        {
            await SetTitleAsync(key, title, HasNoTitle, cancellationToken);
        }

        return true;

        bool HasNoTitle(JObject metadata) =>
            metadata.Text("title") is var given && (given.Length == 0 || given == ConversationMetadata.DefaultTitle(key.Id));
    }

    /// <summary>The conversation's log, for reading: also of one that is not open, or not known (an empty one).</summary>
    public async ValueTask<IEventLog> ReadLogAsync(ConversationKey key, CancellationToken cancellationToken) =>
        registry.FindOpen(key)?.Log ?? await logs.OpenAsync(key, cancellationToken);

    /// <summary>
    /// How some conversations of a user stand, here and at other gateways: one question for all of them.
    /// </summary>
    private async ValueTask<SessionStatus[]> StatusOfAsync(
        ConversationId? userId, IReadOnlyList<ConversationId> ids, CancellationToken cancellationToken)
    {
        SessionStatus[] statuses = [.. ids.Select(id => registry.StatusOf(new ConversationKey(id, userId)))];
        var open = await context.Gateways.FindOpenAsync(userId, ids, cancellationToken);
        for (var n = 0; n < statuses.Length && open.Count > 0; n++)
        {
            if (open.TryGetValue(ids[n], out var elsewhere))
            {
                var state = statuses[n].State == SessionState.Closed ? SessionState.Open : statuses[n].State;
                statuses[n] = statuses[n] with { State = state, Clients = statuses[n].Clients + elsewhere.ClientsElsewhere };
            }
        }

        return statuses;
    }

    /// <summary>What the server was asked for is done; false when it does not know the conversation.</summary>
    private static async ValueTask<bool> AskAsync(ValueTask<BackendAnswer> asking)
    {
        var answer = await asking;
        return answer.Outcome switch
        {
            BackendOutcome.Done => true,
            BackendOutcome.Unknown => false,
            _ => throw new BackendFailedException(answer.Problem ?? "The agent server has failed."),
        };
    }

    private async ValueTask<bool> SetTitleAsync(
        ConversationKey key, string title, Func<JObject, bool> isWanted, CancellationToken cancellationToken)
    {
        var edited = await catalogue.EditAsync(
            key,
            json =>
            {
                if (MetadataRules.FindDamage(json) is { } damage)
                {
                    return damage.IsUnknown ? false : throw new DamagedMetadataException(key.Id, damage);
                }

                if (!isWanted(json))
                {
                    return false;
                }

                json["title"] = title;
                json["last_updated_at"] = ConversationMetadata.Timestamp(context.TimeProvider.GetUtcNow());
                return true;
            },
            cancellationToken);
        if (edited)
        {
            registry.FindOpen(key)?.TitleGiven();
            await SendAsync(key, TransientMessages.TitleUpdate(key.Id, title), cancellationToken);
        }

        return edited;
    }

    private async Task<IAgentBackendFactory> AgentOfAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        // As below.
        await Task.Yield();
        return await known.AgentOfAsync(key, cancellationToken);
    }

    /// <summary>Makes V0's metadata for a conversation that has none; without a creator none is made. Damage harms no replay.</summary>
    private async Task<bool> EnsureKnownAsync(
        ConversationKey key, IAgentBackendFactory? creator, ILogger callerLogger, CancellationToken cancellationToken)
    {
        // A store that blocks keeps the thread that asks it: not the one that must give up in time.
        await Task.Yield();
        try
        {
            if (await known.IsStoredAsync(key, cancellationToken))
            {
                return true;
            }
        }
        catch (DamagedMetadataException exception)
        {
            Log.DamagedMetadata(callerLogger, key.Id, exception.Message);
            return true;
        }

        if (creator is null)
        {
            return false;
        }

        await known.StoreAsync(key, creator, cancellationToken);
        return true;
    }

    /// <summary>
    /// Lets the store know a conversation that a server behind the backend knows: V0's lists show it then. The conversation itself does
    /// without.
    /// </summary>
    private async ValueTask RememberAsync(
        ConversationKey key, IAgentBackendFactory agent, ILogger callerLogger, CancellationToken cancellationToken)
    {
        try
        {
            await EnsureKnownAsync(key, agent, callerLogger, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            Log.NotRemembered(callerLogger, exception, key.Id);
        }
    }
}
