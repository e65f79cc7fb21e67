using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Primitives.Json;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// The server's conversations, kept for a moment, so that many lists are one question. What is a little older is given all the same, and
/// asked for anew beside that; for what is older still everybody waits, for a short while, and is then given what was known last. Of a
/// server that did not answer the last time nobody waits. One for the process; any thread.
/// </summary>
internal sealed partial class ConversationCache(ConversationCalls calls, TimeProvider timeProvider, ILogger<ConversationCache> logger)
{
    private const int PageLength = 50;
    private const int MaxConversations = 2_000;

    // V0's lists hide what is older: the server is not asked for it.
    private static readonly TimeSpan s_oldest = TimeSpan.FromDays(10);
    private static readonly TimeSpan s_lifetime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_usableLifetime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_refreshLimit = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_callersLimit = TimeSpan.FromSeconds(2);

    // A question that was under way when a conversation was deleted may bring it back.
    private static readonly TimeSpan s_remembersDeleted = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<ConversationId, long> _deleted = [];
    private IReadOnlyList<BackendConversation> _known = [];
    private Task _refresh = Task.CompletedTask;
    private long _refreshedAt;
    private bool _wasAsked;
    private bool _isAway;

    public async ValueTask<IReadOnlyList<BackendConversation>> GetAsync(V1Endpoint endpoint, CancellationToken cancellationToken)
    {
        Task refresh;
        lock (_lock)
        {
            var age = _wasAsked ? timeProvider.GetElapsedTime(_refreshedAt) : TimeSpan.MaxValue;
            if (_refresh.IsCompleted && age >= s_lifetime)
            {
                _refresh = RefreshAsync(endpoint);
            }

            if (_isAway || age < s_usableLifetime)
            {
                return _known;
            }

            refresh = _refresh;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(refresh, Task.Delay(s_callersLimit, timeProvider, limit.Token));
        await limit.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return _known;
        }
    }

    /// <summary>The conversation is gone: no list shows it any more.</summary>
    public void Remove(ConversationId id)
    {
        lock (_lock)
        {
            _deleted[id] = timeProvider.GetTimestamp();
            Set(_known);
        }
    }

    private async Task RefreshAsync(V1Endpoint endpoint)
    {
        // The first await must not run under the caller's lock.
        await Task.Yield();
        var (read, problem) = await ReadAsync(endpoint);
        lock (_lock)
        {
            if (problem is not null && !_isAway)
            {
                Log.NotListed(logger, problem);
            }

            _wasAsked = true;
            _isAway = read is null;
            _refreshedAt = timeProvider.GetTimestamp();
            if (read is not null)
            {
                Set(problem is null ? read : WithOlder(read, _known));
            }
        }
    }

    /// <summary>All that lists may show; with a problem only the newest of them, or null.</summary>
    private async Task<(List<BackendConversation>? Read, string? Problem)> ReadAsync(V1Endpoint endpoint)
    {
        var oldest = timeProvider.GetUtcNow() - s_oldest;
        var started = timeProvider.GetTimestamp();
        List<BackendConversation>? read = null;
        string? pageId = null;
        do
        {
            if (timeProvider.GetElapsedTime(started) > s_refreshLimit)
            {
                return (read, "The agent server answers slowly.");
            }

            var page = await calls.SearchAsync(endpoint, pageId, PageLength, CancellationToken.None);
            if (!page.IsSuccess || page.Object?["items"] is null)
            {
                return (read, page.Problem);
            }

            read ??= [];
            var items = page.Object.Objects("items").Select(ConversationReader.Read).OfType<BackendConversation>().ToList();
            read.AddRange(items.Where(item => item.CreatedAt >= oldest));
            var next = page.Object.TextOrNull("next_page_id");
            // A server that gives the same page again would be asked for ever.
            pageId = next == pageId || items.Count == 0 || items[^1].CreatedAt < oldest ? null : next;
        }
        while (pageId is { Length: > 0 } && read.Count < MaxConversations);

        return (read, null);
    }

    private static List<BackendConversation> WithOlder(List<BackendConversation> read, IReadOnlyList<BackendConversation> known)
    {
        var oldest = read.Count > 0 ? read.Min(static conversation => conversation.CreatedAt) : DateTimeOffset.MaxValue;
        return [.. read, .. known.Where(conversation => conversation.CreatedAt < oldest)];
    }

    private void Set(IReadOnlyList<BackendConversation> conversations)
    {
        foreach (var (id, _) in _deleted.Where(one => timeProvider.GetElapsedTime(one.Value) > s_remembersDeleted).ToList())
        {
            _deleted.Remove(id);
        }

        _known =
        [
            .. conversations
                .Where(conversation => !_deleted.ContainsKey(conversation.Id))
                .DistinctBy(static conversation => conversation.Id)
                .OrderByDescending(static conversation => conversation.CreatedAt),
        ];
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The agent server's conversations could not be listed: {Problem}")]
        public static partial void NotListed(ILogger logger, string problem);
    }
}
