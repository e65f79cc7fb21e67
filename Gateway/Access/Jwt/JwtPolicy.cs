using Gateway.Primitives;

using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.Net.Http.Headers;

namespace Gateway.Access.Jwt;

/// <summary>
/// Lets in who shows a token that an identity provider has signed: as <c>Authorization: Bearer</c>, as <c>token</c> in a CONNECT's auth
/// payload, or in a cookie. Its claims name the user, and where the settings say so the conversations that it is for. Immutable; any
/// thread.
/// </summary>
internal sealed partial class JwtPolicy(
    JwtOptions options, TokenChecker checker, AccessMetrics metrics, TimeProvider timeProvider, ILogger<JwtPolicy> logger) : IAccessPolicy
{
    private const string Authorization = "authorization";
    private const string Cookie = "cookie";
    private const string Bearer = "Bearer ";
    private const string Everything = "*";

    private static readonly AccessDecision s_missing = Refuse("A token is required", "Bearer");
    private static readonly AccessDecision s_invalid = Refuse("The token is not valid", "Bearer error=\"invalid_token\"");
    private static readonly AccessDecision s_expired = Refuse("The token has expired", "Bearer error=\"invalid_token\"");
    private static readonly AccessDecision s_unavailable = AccessDecision.Refuse(AccessRefusal.Unavailable);

    private static readonly AccessDecision s_otherConversation = AccessDecision.Refuse(
        new AccessRefusal("The token is not for this", RefusalKind.Forbidden)
        {
            HttpDetail = "The token is not for this",
            Outcome = "forbidden",
        });

    private readonly WarningInterval _warning = new(timeProvider);

    public IReadOnlyList<string> HeaderNames { get; } = options.Cookie.Length > 0 ? [Authorization, Cookie] : [Authorization];

    public async ValueTask<AccessDecision> DecideAsync(AccessRequest request, CancellationToken cancellationToken)
    {
        if (FindToken(request) is not { Length: > 0 } shown)
        {
            metrics.Checked("missing");
            return s_missing;
        }

        var (token, outcome) = await checker.CheckAsync(shown, cancellationToken);
        if (token is null)
        {
            metrics.Checked(outcome);
            if (outcome == TokenChecker.KeysUnavailable && _warning.IsDue())
            {
                Log.NoKeys(logger);
            }

            return outcome switch
            {
                TokenChecker.KeysUnavailable => s_unavailable,
                TokenChecker.Expired => s_expired,
                _ => s_invalid,
            };
        }

        return DecideBy(token, request.ConversationId);
    }

    private static AccessDecision Refuse(string message, string challenge) =>
        AccessDecision.Refuse(new AccessRefusal(message) { HttpDetail = message, Outcome = "unauthorized", Challenge = challenge });

    private AccessDecision DecideBy(JsonWebToken token, string? conversationId)
    {
        if (!IsFor(token, conversationId))
        {
            metrics.Checked("conversation");
            return s_otherConversation;
        }

        if (options.UserClaim.Length == 0)
        {
            metrics.Checked("accepted");
            return AccessDecision.Allow(Caller.Anyone, EndOf(token));
        }

        var user = token.TryGetPayloadValue<string>(options.UserClaim, out var name) ? UserNames.ForStore(name) : null;
        metrics.Checked(user is null ? "no_user" : "accepted");
        return user is null ? s_invalid : AccessDecision.Allow(new Caller(user, AccessRights.All), EndOf(token));
    }

    /// <summary>As the check sees it, which goes by two clocks.</summary>
    private DateTimeOffset EndOf(JsonWebToken token) => new DateTimeOffset(token.ValidTo, TimeSpan.Zero) + options.ClockSkew;

    /// <summary>A request that names no conversation asks for all of them.</summary>
    private bool IsFor(JsonWebToken token, string? conversationId)
    {
        if (options.ConversationsClaim.Length == 0)
        {
            return true;
        }

        var ids = token.Claims.Where(claim => claim.Type == options.ConversationsClaim).SelectMany(static claim => claim.Value.Split(' '));
        return ids.Any(id => id == Everything || (conversationId is not null && id == conversationId));
    }

    private string? FindToken(AccessRequest request)
    {
        var authorization = request.Headers.GetValueOrDefault(Authorization);
        if (authorization?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) is true)
        {
            return authorization[Bearer.Length..].Trim();
        }

        if (ConnectAuth.ReadToken(request.Auth.Span) is { } token)
        {
            return token;
        }

        return options.Cookie.Length > 0
            && request.Headers.GetValueOrDefault(Cookie) is { } header
            && CookieHeaderValue.TryParseList([header], out var cookies)
            ? cookies.FirstOrDefault(cookie => cookie.Name == options.Cookie)?.Value.ToString()
            : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The keys by which tokens are checked cannot be read (Access:Jwt); nobody gets in meanwhile.")]
        public static partial void NoKeys(ILogger logger);
    }
}
