using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Keeps each user within <c>MAX_CONCURRENT_CONVERSATIONS</c>: with one more than that the one that was used least recently is closed, as
/// V0 does it. Where gateways share a store, the agents of all of them count, and whoever has taken one looks once. So at most for as long
/// as a look and a close take there are more; and gateways that look at the same time choose alike, because what was taken in the last
/// seconds is younger than the rest, in the order of its taking. Any thread.
/// </summary>
internal sealed class ConversationLimit(SessionContext context)
{
    // Longer than an opening takes: what others look at meanwhile is no reason to close what has just been opened.
    private static readonly TimeSpan s_openingTime = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();

    // Those that are open here, and that nobody has told to close for the limit.
    private readonly HashSet<ConversationSession> _admitted = [];

    private int Max => context.Options.MaxConcurrentConversations;

    /// <summary>A session is open. Called by the registry.</summary>
    public void Opened(ConversationSession opened)
    {
        List<ConversationSession> surplus = [];
        lock (_lock)
        {
            if (Max > 0 && !context.Gateways.AreShared)
            {
                var others = _admitted
                    .Where(session => session.Key.UserId == opened.Key.UserId)
                    .OrderBy(static session => session.LastUsed)
                    .ToList();
                surplus = others[..Math.Max(0, others.Count - Max + 1)];
            }

            // At once: a session takes its time to close, and must not count meanwhile.
            _admitted.ExceptWith(surplus);
            _admitted.Add(opened);
        }

        foreach (var session in surplus)
        {
            session.Post(new SessionCommand.Close(SessionCloseReason.TooManyConversations));
        }
    }

    /// <summary>The session has ended.</summary>
    public void Ended(ConversationSession session)
    {
        lock (_lock)
        {
            _admitted.Remove(session);
        }
    }

    /// <summary>This gateway has taken the agent of a session that is opening, or open. A store that fails closes none.</summary>
    public async ValueTask TakenAsync(ConversationSession taker, CancellationToken cancellationToken)
    {
        if (Max == 0)
        {
            return;
        }

        try
        {
            var held = await context.Gateways.Leases.ListAsync(taker.Key.UserId, cancellationToken);
            foreach (var surplus in Surplus(held, Max, context.TimeProvider.GetUtcNow()))
            {
                context.Gateways.PostClose(surplus, SessionCloseReason.TooManyConversations);
                foreach (var session in OpenHere(surplus, taker))
                {
                    session.Post(new SessionCommand.Close(SessionCloseReason.TooManyConversations));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // It has been said why, or the taker itself is closed meanwhile; whoever takes the next one looks again.
        }
    }

    /// <summary>Those that are to be closed, so that <paramref name="max"/> are left.</summary>
    internal static IEnumerable<ConversationKey> Surplus(IReadOnlyCollection<HeldAgent> held, int max, DateTimeOffset now) => held
        .OrderBy(static one => one.Age < s_openingTime)
        .ThenBy(one => one.Age < s_openingTime ? now - one.Age : one.LastActive ?? DateTimeOffset.MinValue)
        .ThenBy(static one => one.Key.Id.Value, StringComparer.Ordinal)
        .Take(Math.Max(0, held.Count - max))
        .Select(static one => one.Key);

    private ConversationSession[] OpenHere(ConversationKey key, ConversationSession taker)
    {
        lock (_lock)
        {
            return [.. _admitted.Append(taker).Where(session => session.Key == key).Distinct()];
        }
    }
}
