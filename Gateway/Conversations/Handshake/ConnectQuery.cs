using System.Globalization;

using Microsoft.AspNetCore.Http;

namespace Gateway.Conversations.Handshake;

/// <summary>
/// What a V0 client says in the query of its handshake (facts B.1). JavaScript clients turn everything into text, so <c>null</c>,
/// <c>undefined</c> and empty values occur. Pure. Holds the client's key: never log it whole.
/// </summary>
/// <param name="ConversationId">As given; null when absent or empty, which V0's parser cannot tell apart.</param>
/// <param name="LatestEventId">The last id the client has; -1 for none, or for what is no integer.</param>
/// <param name="SessionApiKey">As given, or null.</param>
/// <param name="UnknownProviders">Names in <c>providers_set</c> that V0 does not know. They are of no consequence here; V0 left the client hanging.</param>
internal sealed record ConnectQuery(
    string? ConversationId, int LatestEventId, string? SessionApiKey, IReadOnlyList<string> UnknownProviders)
{
    private static readonly HashSet<string> s_providers =
        ["github", "gitlab", "bitbucket", "azure_devops", "enterprise_sso"];

    private static readonly HashSet<string> s_nothing = ["", "null", "undefined"];

    public static ConnectQuery Parse(IQueryCollection query) => new(
        First(query, "conversation_id"),
        ParseEventId(First(query, "latest_event_id")),
        First(query, "session_api_key"),
        query.TryGetValue("providers_set", out var providers) ? FindUnknown(providers) : []);

    /// <summary>The first value that is not empty: Python's <c>parse_qs</c> drops empty ones.</summary>
    private static string? First(IQueryCollection query, string name)
    {
        foreach (var value in query[name])
        {
            if (!string.IsNullOrEmpty(value))
            {
                return value;
            }
        }

        return null;
    }

    private static string[] FindUnknown(IEnumerable<string?> providers) =>
    [
        .. providers
            .SelectMany(static value => (value ?? "").Split(','))
            .Select(static name => name.Trim())
            .Where(static name => !s_nothing.Contains(name) && !s_providers.Contains(name))
            .Distinct(),
    ];

    /// <summary>An id past the largest int means "I have everything"; what is no integer means "I have nothing".</summary>
    private static int ParseEventId(string? text)
    {
        if (!System.Numerics.BigInteger.TryParse(text?[..Math.Min(text.Length, 64)], NumberStyles.Integer, CultureInfo.InvariantCulture, out var id))
        {
            return -1;
        }

        return id > int.MaxValue ? int.MaxValue : (int)System.Numerics.BigInteger.Max(id, -1);
    }
}
