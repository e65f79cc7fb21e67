namespace Gateway.Access;

/// <summary>
/// V0's policy: one key for everybody (<c>SESSION_API_KEY</c>), or none. Whoever shows it may do everything. A socket may show it in the
/// query, the header or the auth payload; an HTTP request in the header alone, as with V0. Immutable; any thread.
/// </summary>
internal sealed class SessionApiKeyPolicy(AccessOptions options) : IAccessPolicy
{
    private const string Header = "x-session-api-key";
    private const string Parameter = "session_api_key";

    private static readonly AccessDecision s_allowed = AccessDecision.Allow(Caller.Anyone);
    private static readonly AccessDecision s_refused = AccessDecision.Refuse(AccessRefusal.InvalidSessionApiKey);

    private readonly SessionApiKey _key = new(options.SessionApiKey);

    public IReadOnlyList<string> HeaderNames { get; } = [Header];

    public ValueTask<AccessDecision> DecideAsync(AccessRequest request, CancellationToken cancellationToken)
    {
        var header = request.Headers.GetValueOrDefault(Header);
        var isAdmitted = request.Channel is AccessChannel.Socket
            ? _key.Admits(FirstValue(request, Parameter), header, ConnectAuth.ReadSessionApiKey(request.Auth.Span))
            : _key.Admits(header);
        return ValueTask.FromResult(isAdmitted ? s_allowed : s_refused);
    }

    /// <summary>The first value that is not empty: Python's <c>parse_qs</c>, which V0 reads its query with, drops empty ones.</summary>
    private static string? FirstValue(AccessRequest request, string name)
    {
        foreach (var value in request.Query[name])
        {
            if (!string.IsNullOrEmpty(value))
            {
                return value;
            }
        }

        return null;
    }
}
