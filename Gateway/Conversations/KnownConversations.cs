using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations;

/// <summary>
/// What conversations there are: those that are stored, and those that only a server behind the backend knows. Such a server has no users,
/// so its conversations are those of the user of the settings alone; another user's are those that the store has for that user. Throws as
/// <see cref="IConversationCatalogue"/> does, and for nothing that the server does. Any thread.
/// </summary>
internal sealed partial class KnownConversations(
    IConversationCatalogue catalogue,
    IAgentBackendFactory backends,
    ConversationsOptions options,
    TimeProvider timeProvider,
    ILogger<KnownConversations> logger)
{
    // A client may be waiting for its CONNECT answer.
    private static readonly TimeSpan s_askLimit = TimeSpan.FromSeconds(2);

    private readonly ConversationId? _user = ConversationId.TryParse(options.UserId, out var user) ? user : null;

    // Of the newest list of the server, those that the store does not have. Replaced whole.
    private volatile Others? _others;

    /// <summary>Not every conversation has the same agent.</summary>
    private bool IsRouted => backends.Of(null) != backends;

    /// <summary>As <see cref="IConversationCatalogue.ListAsync"/>.</summary>
    public async ValueTask<CataloguePage> ListAsync(ConversationId? userId, int offset, int limit, CancellationToken cancellationToken)
    {
        var others = backends.Conversations is { } behind && userId == _user
            ? await FindOthersAsync(await behind.ListAsync(cancellationToken), cancellationToken)
            : [];
        if (others.Count == 0 || offset < 0 || limit < 0)
        {
            return await catalogue.ListAsync(userId, offset, limit, cancellationToken);
        }

        // Before the page there are at most so many of the others: the store's part of the page begins at most so much earlier.
        var start = Math.Max(0, offset - others.Count);
        var length = (int)Math.Min((long)offset + limit - start, int.MaxValue);
        var stored = await catalogue.ListAsync(userId, start, length, cancellationToken);
        if (stored.Entries.Count == 0 && start > 0)
        {
            start = 0;
            stored = await catalogue.ListAsync(userId, 0, (int)Math.Min((long)offset + limit, int.MaxValue), cancellationToken);
        }

        return Merge(stored, others, start, (offset, limit));
    }

    /// <summary>The conversation's metadata: as it is stored, or else as the server's answer makes it; null when nobody knows it.</summary>
    public async ValueTask<JObject?> FindAsync(ConversationKey key, CancellationToken cancellationToken) =>
        (await catalogue.ReadAsync(key, cancellationToken))?.Json
            ?? (backends.Conversations is { } behind
                && key.UserId == _user
                && await behind.FindAsync(key.Id, cancellationToken) is { } found
                ? MetadataOf(found, key.UserId)
                : null);

    /// <summary>Who answers in a conversation, known or not. Damaged metadata names nobody.</summary>
    public async ValueTask<IAgentBackendFactory> AgentOfAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        if (!IsRouted)
        {
            return backends;
        }

        try
        {
            var metadata = (await catalogue.ReadAsync(key, cancellationToken))?.Json;
            if (metadata is null
                && key.UserId == _user
                && backends.Conversations is { } behind
                && await FindBehindAsync(behind, key.Id, cancellationToken) is { } found)
            {
                metadata = MetadataOf(found, key.UserId);
            }

            return backends.Of(metadata);
        }
        catch (DamagedMetadataException)
        {
            return backends.Of(null);
        }
    }

    /// <summary>What is known of a conversation, and who answers in it.</summary>
    public ConversationInfo Describe(ConversationKey key, JObject? metadata, SessionStatus status, MetadataDamage? damage = null)
    {
        var agent = backends.Of(metadata);
        if (metadata is not null
            && status.LastActive is { } lastActive
            && (!MetadataTime.TryParse(metadata["last_updated_at"], out var stored) || stored < lastActive))
        {
            // The store may be some seconds behind.
            metadata["last_updated_at"] = ConversationMetadata.Timestamp(lastActive);
        }

        return new ConversationInfo(key, metadata, status, agent, damage) { LivesAt = IsRouted ? agent.Version : null };
    }

    /// <summary>
    /// Whether a server behind the conversation's agent may be asked about it for this user: it would answer anybody who knows the id.
    /// </summary>
    public async ValueTask<bool> IsOfUserAsync(ConversationKey key, IAgentBackendFactory agent, CancellationToken cancellationToken) =>
        !agent.BackendOwnsConversations || key.UserId == _user || await HasFolderAsync(key, cancellationToken);

    /// <summary>True when it is stored: nobody else is asked.</summary>
    public async ValueTask<bool> IsStoredAsync(ConversationKey key, CancellationToken cancellationToken) =>
        await catalogue.ReadAsync(key, cancellationToken) is not null;

    /// <summary>Stores a conversation that has no metadata yet, with what the server says of it, as far as that is quickly known.</summary>
    public async ValueTask StoreAsync(ConversationKey key, IAgentBackendFactory agent, CancellationToken cancellationToken)
    {
        var found = agent.Conversations is { } behind ? await AskQuicklyAsync(behind, key.Id, cancellationToken) : null;
        var json = found is null
            ? ConversationMetadata.Create(key.Id, key.UserId, timeProvider.GetUtcNow(), agent.Version)
            : MetadataOf(found, key.UserId);
        await catalogue.TryCreateAsync(key, json, cancellationToken);
    }

    /// <summary>
    /// Makes a conversation: where a server behind the backend says which there are, at that server, with its first message; and in the
    /// store. What the server refuses is not made.
    /// </summary>
    public async ValueTask<CreatedConversation> CreateAsync(NewConversation wanted, CancellationToken cancellationToken)
    {
        var (key, agent) = (wanted.Key, wanted.Agent);
        var json = ConversationMetadata.Create(key.Id, key.UserId, timeProvider.GetUtcNow(), agent.Version);
        foreach (var (name, value) in wanted.Metadata)
        {
            json[name] = value;
        }

        if (!agent.BackendOwnsConversations)
        {
            return await catalogue.TryCreateAsync(key, json, cancellationToken)
                ? new CreatedConversation(key, null)
                : throw new InvalidOperationException("A new conversation's random id is taken.");
        }

        var made = await CreateBehindAsync(key, wanted, cancellationToken);
        if (made.Outcome is not BackendOutcome.Done)
        {
            return new CreatedConversation(default, made.Problem ?? "The agent server has failed.", made.MessageId);
        }

        try
        {
            await catalogue.TryCreateAsync(key, json, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is there all the same, and listed as one that the server knows.
            Log.NotStored(logger, exception, key.Id);
        }

        return new CreatedConversation(key, null);
    }

    /// <summary>As <see cref="IConversationCatalogue.DeleteAsync"/>: the server is not asked.</summary>
    public ValueTask<bool> DeleteAsync(ConversationKey key, CancellationToken cancellationToken) =>
        catalogue.DeleteAsync(key, cancellationToken);

    /// <summary>V0's metadata of a conversation that the store does not have.</summary>
    private JObject MetadataOf(BackendConversation conversation, ConversationId? userId)
    {
        var json = ConversationMetadata.Create(conversation.Id, userId, conversation.CreatedAt, backends.Version);
        json["last_updated_at"] = conversation.UpdatedAt is { } updated ? ConversationMetadata.Timestamp(updated) : null;
        if (conversation.Title is { Length: > 0 } title)
        {
            json["title"] = title;
        }

        return json;
    }

    /// <param name="stored">The store's conversations from <paramref name="start"/> on, as far as the page may need them.</param>
    private static CataloguePage Merge(
        CataloguePage stored, IReadOnlyList<CatalogueEntry> others, int start, (int Offset, int Limit) page)
    {
        var ids = stored.Entries.Select(static entry => entry.Key.Id).ToHashSet();
        var rest = others.Where(other => !ids.Contains(other.Key.Id)).ToList();
        var before = start == 0 ? 0 : rest.Count(other => other.CreatedAt > stored.Entries[0].CreatedAt);
        var entries = stored.Entries.Concat(rest.Skip(before))
            .OrderByDescending(static entry => entry.CreatedAt)
            .Skip(page.Offset - start - before)
            .Take(page.Limit)
            .Select(static entry => entry.Metadata.Version.Length > 0 ? entry : Copy(entry));
        return new CataloguePage([.. entries], stored.Total + rest.Count, stored.Damaged);
    }

    /// <summary>Readers own what they get; ours is kept.</summary>
    private static CatalogueEntry Copy(CatalogueEntry entry) =>
        entry with { Metadata = new StoredDocument((JObject)entry.Metadata.Json.DeepClone(), Version: "") };

    private async ValueTask<IReadOnlyList<CatalogueEntry>> FindOthersAsync(
        IReadOnlyList<BackendConversation> listed, CancellationToken cancellationToken)
    {
        if (_others is { } known && known.Of == listed)
        {
            return known.Entries;
        }

        var entries = new List<CatalogueEntry>();
        foreach (var conversation in listed)
        {
            var key = new ConversationKey(conversation.Id, _user);
            if (!await HasFolderAsync(key, cancellationToken))
            {
                entries.Add(new CatalogueEntry(
                    key, conversation.CreatedAt, new StoredDocument(MetadataOf(conversation, _user), Version: "")));
            }
        }

        _others = new Others(listed, entries);
        return entries;
    }

    private async ValueTask<bool> HasFolderAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await IsStoredAsync(key, cancellationToken);
        }
        catch (DamagedMetadataException)
        {
            // It is there and damaged: as V0's list does, it is left out.
            return true;
        }
    }

    private static async ValueTask<BackendAnswer> CreateBehindAsync(
        ConversationKey key, NewConversation wanted, CancellationToken cancellationToken)
    {
        if (wanted.Agent.Conversations is not { } behind)
        {
            return BackendAnswer.Failed("Conversations are created by the server behind this one.");
        }

        JObject? message = null;
        if (wanted.FirstMessage is { } payload)
        {
            switch (ActionPayload.Check(payload))
            {
                case ActionPayloadResult.Accepted action:
                    message = action.Body;
                    break;
                case ActionPayloadResult.Refused refused:
                    return BackendAnswer.Failed(refused.Message);
            }
        }

        return await behind.CreateAsync(new BackendCreation(key, message, wanted.Instructions), cancellationToken);
    }

    /// <summary>
    /// What the server says of a conversation that is not stored. Where another server has all that it does not know, each of that one's
    /// requests asks this: they are answered by the list, for which nobody waits while the server is away.
    /// </summary>
    private async ValueTask<BackendConversation?> FindBehindAsync(
        IBackendConversations behind, ConversationId id, CancellationToken cancellationToken) => backends.Of(null).IsElsewhere
        ? (await behind.ListAsync(cancellationToken)).FirstOrDefault(listed => listed.Id == id)
        : await AskQuicklyAsync(behind, id, cancellationToken);

    private async ValueTask<BackendConversation?> AskQuicklyAsync(
        IBackendConversations behind, ConversationId id, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(s_askLimit, timeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        try
        {
            return await behind.FindAsync(id, limit.Token);
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>What was found for one list of the server's.</summary>
    private sealed record Others(IReadOnlyList<BackendConversation> Of, IReadOnlyList<CatalogueEntry> Entries);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Conversation {ConversationId}: its metadata could not be written.")]
        public static partial void NotStored(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
