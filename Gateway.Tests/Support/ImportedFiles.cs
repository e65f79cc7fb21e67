using System.Globalization;
using System.Text;

using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// Puts V0's files into a database as they are, damage and gaps included: what was a file's content is a row's. Pages go before single
/// events, as with V0. One test uses it.
/// </summary>
internal sealed class ImportedFiles(TestedDatabase database)
{
    /// <summary>All files below a folder.</summary>
    public async Task PutAllAsync(string root)
    {
        // Pages last, as their events stand above the single ones.
        foreach (var path in Directory.EnumerateFiles(root, "*.json", SearchOption.AllDirectories)
            .OrderBy(static path => Path.GetFileName(Path.GetDirectoryName(path)) == "event_cache").ThenBy(static path => path))
        {
            await PutAsync(Path.GetRelativePath(root, path).Split('/'), await File.ReadAllBytesAsync(path));
        }
    }

    /// <summary>One file, by its path in the store; null when it is deleted.</summary>
    public Task PutAsync(string path, string? text) => PutAsync(path.Split('/'), text is null ? null : Encoding.UTF8.GetBytes(text));

    private Task PutAsync(string[] path, byte[]? content) => path switch
    {
        ["users", var user, .. { Length: > 0 } rest] => PutAsync(user, rest, content),
        _ => PutAsync("", path, content),
    };

    private Task PutAsync(string user, string[] path, byte[]? content) => path switch
    {
        ["sessions" or "conversations", var id, "metadata.json"] => PutMetadataAsync(user, id, content),
        ["sessions" or "conversations", var id, "events", var name] when IdOf(name) is { } number =>
            PutEventAsync(user, id, number, content),
        ["sessions" or "conversations", var id, "event_cache", var name] when IdOf(name.Split('-')[0]) is { } first =>
            PutPageAsync(user, id, first, content),
        ["settings.json" or "secrets.json"] => PutDocumentAsync(user, Path.GetFileNameWithoutExtension(path[0]), content),
        _ => Task.CompletedTask,
    };

    private static int? IdOf(string name) =>
        int.TryParse(Path.GetFileNameWithoutExtension(name), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    private async Task PutMetadataAsync(string user, string id, byte[]? content)
    {
        await PutConversationAsync(user, id, -1);
        await database.ExecuteAsync("DELETE FROM gateway.metadata WHERE conversation_id = $1 AND user_id = $2", id, user);
        if (content is null)
        {
            return;
        }

        var problem = JsonTree.TryReadObject(content, out var json)
            ? MetadataRules.FindDamage(json)?.Problem
            : MetadataRules.DamageOf(Encoding.UTF8.GetString(content)).Problem;
        object createdAt = problem is null && MetadataTime.TryParse(json["created_at"], out var time) ? time.UtcTicks : DBNull.Value;
        await database.ExecuteAsync(
            "INSERT INTO gateway.metadata (conversation_id, user_id, json, created_at, problem) VALUES ($1, $2, $3, $4::bigint, $5::text)",
            id, user, content, createdAt, (object?)problem ?? DBNull.Value);
    }

    private async Task PutPageAsync(string user, string id, int first, byte[]? content)
    {
        if (JsonTree.TryRead(content ?? [], out var json) && json is JArray page)
        {
            for (var place = 0; place < page.Count; place++)
            {
                if (page[place] is JObject stored)
                {
                    await PutEventAsync(user, id, first + place, Encoding.UTF8.GetBytes(stored.ToString(Formatting.None)));
                }
            }
        }
    }

    private async Task PutEventAsync(string user, string id, int number, byte[]? content)
    {
        await PutConversationAsync(user, id, number);
        await database.ExecuteAsync(
            "DELETE FROM gateway.events WHERE conversation_id = $1 AND user_id = $2 AND id = $3", id, user, number);
        if (content is not null)
        {
            await database.ExecuteAsync(
                "INSERT INTO gateway.events (conversation_id, user_id, id, body) VALUES ($1, $2, $3, $4)", id, user, number, content);
        }
    }

    private async Task PutConversationAsync(string user, string id, int head) => await database.ExecuteAsync(
        """
        INSERT INTO gateway.conversations AS c (conversation_id, user_id, head) VALUES ($1, $2, $3)
        ON CONFLICT (conversation_id, user_id) DO UPDATE SET head = greatest(c.head, $3)
        """,
        id, user, head);

    private async Task PutDocumentAsync(string user, string name, byte[]? content)
    {
        await database.ExecuteAsync("DELETE FROM gateway.user_documents WHERE user_id = $1 AND name = $2", user, name);
        if (content is not null)
        {
            await database.ExecuteAsync(
                "INSERT INTO gateway.user_documents (user_id, name, json) VALUES ($1, $2, $3)", user, name, content);
        }
    }
}
