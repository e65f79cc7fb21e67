using System.Globalization;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Import;

/// <summary>Writes a conversation as V0's file store has it, into a folder where nobody else writes. Stateless.</summary>
internal static class StoreFolder
{
    /// <param name="store">The store's root.</param>
    /// <param name="id">The conversation's id: a file name, by <c>ConversationId</c>'s rule.</param>
    /// <param name="events">By their ids.</param>
    /// <param name="title">Its title; null: V0's own for one without.</param>
    /// <param name="created">When it was made.</param>
    public static void Write(
        string store, string id, IEnumerable<(int Id, ReadOnlyMemory<byte> Json)> events, string? title, DateTimeOffset created)
    {
        var folder = Path.Combine(store, "sessions", id);
        Directory.CreateDirectory(Path.Combine(folder, "events"));
        foreach (var (number, json) in events)
        {
            File.WriteAllBytes(Path.Combine(folder, "events", number.ToString(CultureInfo.InvariantCulture) + ".json"), json.Span);
        }

        var time = created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(folder, "metadata.json"), new JObject
        {
            ["conversation_id"] = id,
            ["title"] = title ?? "Conversation " + id[..Math.Min(5, id.Length)],
            ["created_at"] = time,
            ["last_updated_at"] = time,
            ["selected_repository"] = null,
            ["user_id"] = null,
            ["trigger"] = "gui",
        }.ToString(Formatting.None));
    }
}
