using Gateway.Tools.Verify.Features;

namespace Gateway.Tools.Corpus;

/// <summary>
/// Words that are the protocols' and no user's: they stay where texts are masked. What else a server says of itself is learnt from it.
/// Pure.
/// </summary>
internal static class ProtocolWords
{
    private static readonly char[] s_between = ['/', ' ', ':', '_', '-', '{', '}', '.', '`', '*'];

    // Names of files and folders in V0's store, parts of addresses, media types, and V0's own titles and refusals.
    private static readonly string[] s_others =
    [
        "sessions", "users", "events", "event", "cache", "metadata", "json", "settings", "secrets", "pkl", "state", "stats", "socket", "io",
        "http", "https", "ws", "wss", "localhost", "127", "data", "image", "png", "jpeg", "gif", "webp", "base64", "text", "plain", "html",
        "charset", "utf", "UTF", "application", "content", "Conversation", "Agent", "changed", "to", "AgentState", "Resolved", "true", "false",
        "null",

        // Refusals by which verify reads how the recorded server was set.
        "invalid", "session", "api", "key", "detail", "Unauthorized", "Internal", "Server", "Error", "Method", "Not", "Found", "Allowed",
        "Invalid", "transport", "SID", "None", "upgrade", "websocket", "unsupported", "version",

        // What a feedback has to say to be one.
        "positive", "negative", "public", "private",
    ];

    public static IReadOnlySet<string> All { get; } = s_others
        .Concat(FeatureTable.All
            .Where(static feature => feature.Rule is null)
            .SelectMany(static feature => feature.Name.Split(s_between, StringSplitOptions.RemoveEmptyEntries)))
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>Fields whose value is a word of the protocol's, or a fact of the server's.</summary>
    public static IReadOnlySet<string> Fields { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "action", "observation", "source", "agent_state", "type", "status", "runtime_status", "conversation_status", "recall_type",
        "confirmation_state", "impl_source", "agent_class", "agent", "trigger", "conversation_version", "language", "git_provider",
        "upgrades", "openhands_version", "role", "event_type", "security_analyzer", "created_at", "last_updated_at",
        "timestamp",
    };

    /// <summary>Fields in which users name what they hold: the names in them are masked as well.</summary>
    public static IReadOnlySet<string> NamedByUsers { get; } =
        new HashSet<string>(StringComparer.Ordinal) { "env", "headers", "custom_secrets", "custom_secrets_descriptions", "runtime_hosts" };
}
