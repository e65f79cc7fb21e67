namespace Gateway.Access;

/// <summary>What a caller may do.</summary>
[Flags]
internal enum AccessRights
{
    None = 0,

    /// <summary>See a conversation's history and follow it.</summary>
    Read = 1,

    /// <summary>Send actions and messages to the agent.</summary>
    Act = 2,

    /// <summary>Create, rename, start, stop and delete.</summary>
    Manage = 4,

    All = Read | Act | Manage,
}

/// <summary>Who asks, and what that caller may do. Immutable.</summary>
/// <param name="UserId">The user whose conversations these are; null for the one that the settings name, which is every caller of a server
/// with one key.</param>
internal sealed record Caller(string? UserId, AccessRights Rights)
{
    /// <summary>A caller of a server that knows no users.</summary>
    public static Caller Anyone { get; } = new(null, AccessRights.All);

    public bool May(AccessRights rights) => (Rights & rights) == rights;
}

/// <summary>Why a request is refused. Immutable.</summary>
/// <param name="SocketMessage">What CONNECT_ERROR says, in V0's words where V0 has them.</param>
/// <param name="IsAuthenticated">The caller is known and may not do this (HTTP 403), as opposed to unknown (401).</param>
internal sealed record AccessRefusal(string SocketMessage, bool IsAuthenticated = false)
{
    /// <summary>V0's text for a session key that is missing or wrong.</summary>
    public static AccessRefusal InvalidSessionApiKey { get; } = new("invalid_session_api_key");

    /// <summary>For a caller without the right that a request needs.</summary>
    public static AccessRefusal Forbidden { get; } = new("forbidden", IsAuthenticated: true);
}

/// <summary>An access policy's answer: a caller or a refusal, never both.</summary>
internal readonly record struct AccessDecision
{
    private AccessDecision(Caller? caller, AccessRefusal? refusal)
    {
        Caller = caller;
        Refusal = refusal;
    }

    /// <summary>Null when the request is refused.</summary>
    public Caller? Caller { get; }

    /// <summary>Null when the request is let in.</summary>
    public AccessRefusal? Refusal { get; }

    public static AccessDecision Allow(Caller caller) => new(caller, null);

    public static AccessDecision Refuse(AccessRefusal refusal) => new(null, refusal);

    /// <summary>This decision, or a refusal when its caller has not all of <paramref name="rights"/>.</summary>
    public AccessDecision Require(AccessRights rights) =>
        Caller is { } caller && !caller.May(rights) ? Refuse(AccessRefusal.Forbidden) : this;
}
