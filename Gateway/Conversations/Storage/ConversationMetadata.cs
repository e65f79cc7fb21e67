using System.Globalization;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>The metadata that V0 0.62 gives a new conversation (recordings: <c>metadata.json</c>). Pure.</summary>
internal static class ConversationMetadata
{
    /// <summary>
    /// The member that says whose conversation it is: <c>V1</c>, or null for V0's, as V0 itself writes it. V0 shows none of it.
    /// </summary>
    private const string Version = "conversation_version";
    private const string V1 = "V1";
    private const int MaxTitleRunes = 30;

    /// <param name="version">As <see cref="IAgentBackendFactory.Version"/>.</param>
    public static JObject Create(ConversationId id, ConversationId? userId, DateTimeOffset now, string? version = null)
    {
        return new JObject
        {
            ["conversation_id"] = id.Value,
            ["selected_repository"] = null,
            ["user_id"] = userId?.Value,
            ["selected_branch"] = null,
            ["git_provider"] = null,
            ["title"] = DefaultTitle(id),
            ["last_updated_at"] = null,
            ["trigger"] = "gui",
            ["pr_number"] = new JArray(),
            ["created_at"] = Timestamp(now),
            ["llm_model"] = null,
            ["accumulated_cost"] = 0.0,
            ["prompt_tokens"] = 0,
            ["completion_tokens"] = 0,
            ["total_tokens"] = 0,
            ["sandbox_id"] = null,
            [Version] = version == V1 ? V1 : null,
        };
    }

    /// <summary>Whether the conversation was made for a V1 agent.</summary>
    public static bool IsOfV1(JObject? metadata) => metadata?[Version] is { Type: JTokenType.String } version && (string?)version == V1;

    /// <summary>V0's timestamps in metadata: UTC with <c>Z</c> and microseconds.</summary>
    public static string Timestamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    /// <summary>
    /// The title that V0 makes of a first message when its model makes none: 30 characters, and <c>...</c> where it is longer.
    /// </summary>
    public static string TitleOf(string message)
    {
        // Python counts code points, and so cuts no surrogate pair.
        var runes = message.Trim().EnumerateRunes().Take(MaxTitleRunes + 1).ToList();
        var title = string.Concat(runes.Take(MaxTitleRunes));
        return runes.Count > MaxTitleRunes ? title + "..." : title;
    }

    /// <summary><c>Conversation </c> and the id's first five characters.</summary>
    public static string DefaultTitle(ConversationId id) => $"Conversation {id.Value[..Math.Min(5, id.Value.Length)]}";
}
