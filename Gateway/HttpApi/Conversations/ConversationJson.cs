using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>
/// A conversation as V0's routes show it. A session that is being opened is shown as running: it takes a moment, and web UIs up to 0.54
/// break on any third state in their list. Pure. Source: PROTOCOL.md, "V0 conversations".
/// </summary>
internal static class ConversationJson
{
    public const string Running = "RUNNING";
    public const string Stopped = "STOPPED";

    /// <summary>
    /// Whose conversation it is, where some are V0's and some V1's (docs/canary.md): V0 has no such member, and V0's clients speak V0 with
    /// either.
    /// </summary>
    public const string LivesAt = "lives_at";

    // What V0 says as long as its runtime says nothing else; web UIs ask for no more than that there is something.
    private const string RuntimeStarted = "STATUS$RUNTIME_STARTED";

    /// <param name="metadata">Whatever V0 can read (<see cref="MetadataRules"/>).</param>
    /// <param name="clients">The number that is shown: lists show 0.</param>
    /// <param name="publicUrl">Where web UIs are to find the rest of a running conversation: <see cref="HttpApiOptions.PublicUrl"/>.
    /// </param>
    public static JObject Of(ConversationInfo conversation, JObject metadata, int clients, string publicUrl)
    {
        var id = metadata.Text("conversation_id");
        var isRunning = IsRunning(conversation.Status);
        var json = new JObject
        {
            ["conversation_id"] = id,
            ["title"] = TitleOf(metadata, id),
            ["last_updated_at"] = TimeOf(metadata, "last_updated_at"),
            ["status"] = isRunning ? Running : Stopped,
            ["runtime_status"] = isRunning ? RuntimeStarted : null,
            ["selected_repository"] = metadata.TextOrNull("selected_repository"),
            ["selected_branch"] = metadata.TextOrNull("selected_branch"),
            ["git_provider"] = metadata.TextOrNull("git_provider"),
            ["trigger"] = metadata.TextOrNull("trigger"),
            ["num_connections"] = clients,
            ["url"] = isRunning ? $"{publicUrl.TrimEnd('/')}/api/conversations/{id}" : null,
            ["session_api_key"] = null,
            ["created_at"] = TimeOf(metadata, "created_at"),
            ["pr_number"] = new JArray((metadata["pr_number"] as JArray ?? []).Select(NumberOf)),
            ["conversation_version"] = "V0",
        };
        if (conversation.LivesAt is { } livesAt)
        {
            json[LivesAt] = livesAt;
        }

        return json;
    }

    public static bool IsRunning(SessionStatus status) => status.State is not SessionState.Closed;

    private static string TitleOf(JObject metadata, string id) => metadata.Text("title") is { Length: > 0 } title
        ? title
        : $"Conversation {id[..Math.Min(5, id.Length)]}";

    private static string? TimeOf(JObject metadata, string name) =>
        MetadataTime.TryParse(metadata[name], out var time) ? MetadataTime.Format(time) : null;

    private static JToken NumberOf(JToken value) => value switch
    {
        { Type: JTokenType.Boolean } => (bool)value ? 1 : 0,
        _ when long.TryParse(value.ToString(), out var number) => number,
        _ => (long)(value.AsNumber() ?? 0),
    };
}
