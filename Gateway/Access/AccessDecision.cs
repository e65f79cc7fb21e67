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

/// <summary>What kind of refusal it is: HTTP's statuses for it.</summary>
internal enum RefusalKind
{
    /// <summary>The caller is not known: 401.</summary>
    Unauthorized,

    /// <summary>The caller is known and may not do this: 403.</summary>
    Forbidden,

    /// <summary>Nobody could decide it now: 503. The client may ask again.</summary>
    Unavailable,
}

/// <summary>Why a request is refused. Immutable.</summary>
/// <param name="SocketMessage">What CONNECT_ERROR says, in V0's words where V0 has them.</param>
/// <param name="Kind">What HTTP answers.</param>
internal sealed record AccessRefusal(string SocketMessage, RefusalKind Kind = RefusalKind.Unauthorized)
{
    /// <summary>V0's text for a session key that is missing or wrong.</summary>
    public static AccessRefusal InvalidSessionApiKey { get; } = new("invalid_session_api_key");

    /// <summary>For a caller without the right that a request needs.</summary>
    public static AccessRefusal Forbidden { get; } = new("forbidden", RefusalKind.Forbidden);

    /// <summary>For a decision that others make and that they have not made.</summary>
    public static AccessRefusal Unavailable { get; } = new("Access could not be checked; try again later", RefusalKind.Unavailable)
    {
        HttpDetail = "Access could not be checked; try again later",
        Outcome = "access_unavailable",
    };

    /// <summary>What HTTP's answer says; null for V0's own words for the status.</summary>
    public string? HttpDetail { get; init; }

    /// <summary>What logs and metrics call it; null where <see cref="SocketMessage"/> is a text of this program's own.</summary>
    public string? Outcome { get; init; }

    /// <summary>The <c>WWW-Authenticate</c> of a 401; null for none.</summary>
    public string? Challenge { get; init; }
}

/// <summary>An access policy's answer: a caller or a refusal, never both.</summary>
internal readonly record struct AccessDecision
{
    private AccessDecision(Caller? caller, AccessRefusal? refusal, DateTimeOffset? until = null)
    {
        Caller = caller;
        Refusal = refusal;
        Until = until;
    }

    /// <summary>Null when the request is refused.</summary>
    public Caller? Caller { get; }

    /// <summary>Null when the request is let in.</summary>
    public AccessRefusal? Refusal { get; }

    /// <summary>When what the caller has shown ends, for who stays longer; null when nobody says.</summary>
    public DateTimeOffset? Until { get; }

    public static AccessDecision Allow(Caller caller, DateTimeOffset? until = null) => new(caller, null, until);

    public static AccessDecision Refuse(AccessRefusal refusal) => new(null, refusal);

    /// <summary>This decision, or a refusal when its caller has not all of <paramref name="rights"/>.</summary>
    public AccessDecision Require(AccessRights rights) =>
        Caller is { } caller && !caller.May(rights) ? Refuse(AccessRefusal.Forbidden) : this;
}
