using System.Globalization;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Shadow.Fixtures;

/// <summary>
/// Copies of what V0's file store holds (PROTOCOL.md, "V0 file store"). V0 goes on writing meanwhile: events are written once and never
/// changed, and of what is changed in place only a whole copy counts. V0's files are read only.
/// </summary>
internal static class StoreFiles
{
    private const int Attempts = 3;

    /// <summary>The conversation's folder below the store's root, as V0 has it for itself or for a user; null when there is none.</summary>
    public static string? FindFolder(string root, string id)
    {
        var folder = RecordedStore.Folder(root, id)
            ?? RecordedStore.Users(root)
                .Select(user => RecordedStore.Folder(user, id, "conversations"))
                .FirstOrDefault(static one => one is not null);
        return folder is null ? null : Path.GetRelativePath(root, folder);
    }

    /// <summary>Copies a conversation's events up to one of them, and its metadata. False when the last of them is not there.</summary>
    /// <param name="fromId">Earlier ones are there already.</param>
    public static bool CopyConversation(string from, string to, string folder, int fromId, int throughId)
    {
        var (source, target) = (Path.Combine(from, folder), Path.Combine(to, folder));
        Directory.CreateDirectory(Path.Combine(target, "events"));
        for (var id = fromId; id <= throughId; id++)
        {
            var name = Path.Combine("events", id.ToString(CultureInfo.InvariantCulture) + ".json");
            if (File.Exists(Path.Combine(source, name)))
            {
                CopyWhole(Path.Combine(source, name), Path.Combine(target, name));
            }
        }

        CopyDocument(Path.Combine(source, "metadata.json"), Path.Combine(target, "metadata.json"));
        var last = Path.Combine(target, "events", throughId.ToString(CultureInfo.InvariantCulture) + ".json");
        return throughId < 0 || File.Exists(last);
    }

    /// <summary>The highest id that a conversation's folder has; -1 when it has none.</summary>
    public static int HighestEvent(string folder) => Path.Combine(folder, "events") is var events && Directory.Exists(events)
        ? Directory.EnumerateFiles(events, "*.json")
            .Select(static path => int.TryParse(Path.GetFileNameWithoutExtension(path), out var id) ? id : -1)
            .DefaultIfEmpty(-1)
            .Max()
        : -1;

    /// <summary>The metadata of every conversation, where it has changed.</summary>
    public static void CopyMetadata(string from, string to)
    {
        var roots = RecordedStore.Users(from)
            .Select(static user => Path.Combine(user, "conversations"))
            .Append(Path.Combine(from, "sessions"));
        foreach (var folder in roots.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, folder));
            CopyDocument(Path.Combine(folder, "metadata.json"), Path.Combine(target, "metadata.json"));
        }
    }

    /// <summary>What a user has set, as far as it lies in the store's root.</summary>
    public static void CopySettings(string from, string to)
    {
        foreach (var name in new[] { "settings.json", "secrets.json" })
        {
            CopyDocument(Path.Combine(from, name), Path.Combine(to, name));
        }
    }

    /// <summary>Makes a conversation of what its client was sent, where V0's store is not at hand.</summary>
    public static void WriteConversation(string to, string id, IEnumerable<(int Id, JObject Json)> events, DateTimeOffset created)
    {
        var folder = Path.Combine(to, "sessions", id);
        Directory.CreateDirectory(Path.Combine(folder, "events"));
        foreach (var (number, json) in events)
        {
            var name = number.ToString(CultureInfo.InvariantCulture) + ".json";
            File.WriteAllText(Path.Combine(folder, "events", name), json.ToString(Formatting.None));
        }

        var time = created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(folder, "metadata.json"), new JObject
        {
            ["conversation_id"] = id,
            ["title"] = "Conversation " + id[..Math.Min(5, id.Length)],
            ["created_at"] = time,
            ["last_updated_at"] = time,
            ["selected_repository"] = null,
            ["user_id"] = null,
            ["trigger"] = "gui",
        }.ToString(Formatting.None));
    }

    /// <summary>A document that V0 empties and writes in place: only a copy that is JSON counts.</summary>
    private static void CopyDocument(string from, string to)
    {
        if (!File.Exists(from) || (File.Exists(to) && File.GetLastWriteTimeUtc(to) == File.GetLastWriteTimeUtc(from)))
        {
            return;
        }

        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var written = File.GetLastWriteTimeUtc(from);
            var bytes = File.ReadAllBytes(from);
            if (JsonTree.TryRead(bytes, out _))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(to) ?? "");
                File.WriteAllBytes(to + ".new", bytes);
                File.SetLastWriteTimeUtc(to + ".new", written);
                File.Move(to + ".new", to, overwrite: true);
                return;
            }
        }
    }

    // Whoever watches the folder must not see half of it.
    private static void CopyWhole(string from, string to)
    {
        File.Copy(from, to + ".new", overwrite: true);
        File.Move(to + ".new", to, overwrite: true);
    }
}
