using System.Threading.RateLimiting;

using Gateway.Access;
using Gateway.Primitives;

namespace Gateway.Conversations.Connect;

/// <summary>
/// How many clients one conversation and one user may have at once, and how much one client may say. One instance for the process; any
/// thread.
/// </summary>
internal sealed class ClientLimits(ConversationsOptions options) : IDisposable
{
    private readonly KeyedLimiter<ConversationKey>? _conversations =
        KeyedLimiter<ConversationKey>.AtOnce(options.MaxClientsPerConversation);

    private readonly KeyedLimiter<ConversationId>? _users = KeyedLimiter<ConversationId>.AtOnce(options.MaxClientsPerUser);

    /// <summary>A client's slot; null, with what the client is told, when there is none.</summary>
    /// <param name="key">The conversation.</param>
    /// <param name="caller">Counted when the access policy names a user: all callers of a server without users are one user.</param>
    /// <param name="refusal">Of <see cref="ConnectRefusals"/>.</param>
    public ClientSlot? TryAcquire(ConversationKey key, Caller caller, out string refusal)
    {
        refusal = ConnectRefusals.TooManyClientsOfConversation;
        var inConversation = _conversations?.TryAcquire(key);
        if (_conversations is not null && inConversation is null)
        {
            return null;
        }

        if (_users is null || caller.UserId is null || key.UserId is not { } user)
        {
            return new ClientSlot(inConversation, ofUser: null);
        }

        if (_users.TryAcquire(user) is { } ofUser)
        {
            return new ClientSlot(inConversation, ofUser);
        }

        inConversation?.Dispose();
        refusal = ConnectRefusals.TooManyClientsOfUser;
        return null;
    }

    /// <summary>For one client; null when there is no limit.</summary>
    public ActionRate? CreateActionRate() =>
        options.ActionsPerSecond > 0 ? new ActionRate(options.ActionsPerSecond, options.ActionBurst) : null;

    /// <summary>How full the limit of a conversation's clients is; nothing while there is none.</summary>
    public LimitFigures MeasureConversations() => _conversations?.Measure() ?? default;

    /// <summary>As <see cref="MeasureConversations"/>, of a named user's clients.</summary>
    public LimitFigures MeasureUsers() => _users?.Measure() ?? default;

    public void Dispose()
    {
        _conversations?.Dispose();
        _users?.Dispose();
    }
}

/// <summary>What a client holds of <see cref="ClientLimits"/> until it leaves. Owned by its connection; disposed of once.</summary>
internal sealed class ClientSlot(RateLimitLease? inConversation, RateLimitLease? ofUser) : IDisposable
{
    public void Dispose()
    {
        inConversation?.Dispose();
        ofUser?.Dispose();
    }
}

/// <summary>
/// How much one client may say. Its bucket is made with its first action: most connections never send one. Used by one thread at a time.
/// </summary>
internal sealed class ActionRate(double rate, int burst)
{
    private TokenBucketRateLimiter? _bucket;

    /// <summary>False when the action is one too many.</summary>
    public bool TryTake()
    {
        _bucket ??= TokenBuckets.Create(rate, burst);
        _bucket.TryReplenish();
        using var lease = _bucket.AttemptAcquire();
        return lease.IsAcquired;
    }
}
