using System.Globalization;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>The metadata that V0 0.62 gives a new conversation (recordings: <c>metadata.json</c>). Pure.</summary>
internal static class ConversationMetadata
{
    public static JObject Create(ConversationId id, ConversationId? userId, DateTimeOffset now)
    {
        var timestamp = now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
        return new JObject
        {
            ["conversation_id"] = id.Value,
            ["selected_repository"] = null,
            ["user_id"] = userId?.Value,
            ["selected_branch"] = null,
            ["git_provider"] = null,
            ["title"] = DefaultTitle(id),
            ["last_updated_at"] = timestamp,
            ["trigger"] = "gui",
            ["pr_number"] = new JArray(),
            ["created_at"] = timestamp,
            ["llm_model"] = null,
            ["accumulated_cost"] = 0.0,
            ["prompt_tokens"] = 0,
            ["completion_tokens"] = 0,
            ["total_tokens"] = 0,
            ["sandbox_id"] = null,
            ["conversation_version"] = null,
        };
    }

    /// <summary><c>Conversation </c> and the id's first five characters.</summary>
    public static string DefaultTitle(ConversationId id) => $"Conversation {id.Value[..Math.Min(5, id.Value.Length)]}";
}
