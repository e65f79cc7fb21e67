using System.Globalization;

using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>What V1 says of a conversation, as the layers above need it (PROTOCOL.md, "V1 REST"). Pure.</summary>
internal static class ConversationReader
{
    /// <summary>Null for what is no conversation.</summary>
    public static BackendConversation? Read(JObject? info)
    {
        if (!Guid.TryParse(info.Text("id"), out var uuid)
            || !ConversationId.TryParse(ConversationUuid.Hex(uuid), out var id)
            || TimeOf(info, "created_at") is not { } createdAt)
        {
            return null;
        }

        return new BackendConversation(id, TitleOf(info), createdAt, TimeOf(info, "updated_at"));
    }

    /// <summary>Null while the server has made none; 1.1 never makes one.</summary>
    public static string? TitleOf(JObject? info) => info.Text("title").Trim() is { Length: > 0 } title ? title : null;

    /// <summary>Where the conversation's agent works; null when the server does not say it.</summary>
    public static string? FolderOf(JObject? info) =>
        info.Object("workspace").Text("working_dir") is { Length: > 0 } folder ? folder : null;

    // 1.1 writes times without a zone: they are taken for UTC.
    private static DateTimeOffset? TimeOf(JObject? info, string name) => DateTimeOffset.TryParse(
        info.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;
}
