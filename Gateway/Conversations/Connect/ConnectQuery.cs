using System.Globalization;

using Gateway.Conversations.Events;

using Microsoft.AspNetCore.Http;

namespace Gateway.Conversations.Connect;

/// <summary>
/// What a client says when it connects: a V0 client in the query of its handshake (PROTOCOL.md, "V0 connect"), and one that has a namespace
/// for its conversation in that name and in its auth payload (<see cref="ConnectAuthPayload"/>). JavaScript clients turn everything in a
/// query into text, so <c>null</c>, <c>undefined</c> and empty values occur. The session key is the access policy's to read. Pure.
/// </summary>
/// <param name="ConversationId">As given; null when absent or empty, which V0's parser cannot tell apart.</param>
/// <param name="LatestEventId">The last id the client has; -1 for none, or for what is no integer.</param>
/// <param name="UnknownProviders">Names in <c>providers_set</c> that V0 does not know. They are of no consequence here; V0 left the client
/// hanging.</param>
/// <param name="NamesProviders">The query has a <c>providers_set</c>, if only an empty one: V0's web UI from 0.32 on.</param>
internal sealed record ConnectQuery(
    string? ConversationId, int LatestEventId, IReadOnlyList<string> UnknownProviders, bool NamesProviders)
{
    private const string Kinds = "kinds";
    private const string Providers = "providers_set";

    private static readonly HashSet<string> s_providers =
        ["github", "gitlab", "bitbucket", "azure_devops", "enterprise_sso"];

    private static readonly HashSet<string> s_nothing = ["", "null", "undefined"];

    /// <summary>The kinds of event that the client wants; null for all.</summary>
    public EventFilter? Filter { get; private init; }

    /// <summary>Its wish for kinds cannot be read, or names too many.</summary>
    public bool HasBadFilter { get; private init; }

    /// <summary>Of the conversation that the query names, in the namespace <c>/</c>.</summary>
    public static ConnectQuery Parse(IQueryCollection query, ReadOnlyMemory<byte> auth = default)
    {
        var payload = ConnectAuthPayload.Parse(auth);
        var isGood = payload.HasKinds ? payload.TryReadKinds(out var filter) : EventFilter.TryParse(query[Kinds], out filter);
        return new ConnectQuery(
            First(query, "conversation_id"),
            ParseEventId(First(query, "latest_event_id")),
            query.TryGetValue(Providers, out var providers) ? FindUnknown(providers) : [],
            query.ContainsKey(Providers))
        {
            Filter = filter,
            HasBadFilter = !isGood,
        };
    }

    /// <summary>Of the conversation that a namespace is for. All else is in the auth payload: a query is the whole connection's.</summary>
    public static ConnectQuery ParseOwn(string conversationId, ReadOnlyMemory<byte> auth)
    {
        var payload = ConnectAuthPayload.Parse(auth);
        var isGood = payload.TryReadKinds(out var filter);
        return new ConnectQuery(conversationId, ParseEventId(payload.LatestEventId), FindUnknown(payload.Providers), NamesProviders: true)
        {
            Filter = filter,
            HasBadFilter = !isGood,
        };
    }

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
        if (!System.Numerics.BigInteger
            .TryParse(text?[..Math.Min(text.Length, 64)], NumberStyles.Integer, CultureInfo.InvariantCulture, out var id))
        {
            return -1;
        }

        return id > int.MaxValue ? int.MaxValue : (int)System.Numerics.BigInteger.Max(id, -1);
    }
}
