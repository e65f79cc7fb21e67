using System.Globalization;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Readiness;

/// <summary>
/// What a V0 store shows of the table's features: its events by kind, one file at a time, so that its size costs no memory. It takes no
/// lock and writes nothing; what is written meanwhile may be counted or not.
/// </summary>
internal static class StoreFeatures
{
    /// <summary>The feature of an id that no event has.</summary>
    public const string Gap = "log-gap";

    private const string Sessions = "sessions";

    /// <summary>The folder is a V0 store: it has <c>sessions/</c>, or users with conversations.</summary>
    public static bool IsStore(string root) => ConversationFolders(root).Any() || Directory.Exists(Path.Combine(root, Sessions));

    /// <param name="counts">What is seen is added to it.</param>
    /// <returns>How many conversations and events there are, and a line for what cannot be read.</returns>
    public static StoreSummary Read(string root, UsageCounts counts, CancellationToken cancellationToken)
    {
        var (conversations, events) = (0, 0L);
        var damaged = new List<string>();
        var gaps = new List<(string, int)>();
        foreach (var (folder, isOfUser) in ConversationFolders(root))
        {
            cancellationToken.ThrowIfCancellationRequested();
            conversations++;
            if (isOfUser)
            {
                counts.Add(Sighting.Of("log-of-user"));
            }

            events += ReadLog(root, folder, counts, (damaged, gaps));
        }

        return new StoreSummary(conversations, events, damaged, gaps);
    }

    /// <summary>What the store beside a recording has, and the wire does not show.</summary>
    public static IEnumerable<Sighting> BesideWire(Fixture fixture)
    {
        var session = new RecordedSession(fixture);
        foreach (var group in session.Connections.GroupBy(static connection => connection.ConversationId))
        {
            foreach (var known in session.Log(group.Key).Events.Where(known => group.All(one => one.View.Find(known.Id) is null)))
            {
                if (Of(known.Json) is { } sighting)
                {
                    yield return sighting;
                }
            }
        }

        foreach (var root in new[] { fixture.StorePath, fixture.StoreAfterPath }.OfType<string>())
        {
            var damaged = ConversationFolders(root)
                .SelectMany(static folder => EventFiles(folder.Path))
                .Any(static file => Parse(file.Path) is not JObject);
            if (damaged)
            {
                yield return Sighting.Of("log-damage");
                yield break;
            }
        }
    }

    private static long ReadLog(
        string root, string folder, UsageCounts counts, (List<string> Damaged, List<(string Folder, int Missing)> Gaps) found)
    {
        var ids = new List<int>();
        foreach (var (id, path) in EventFiles(folder))
        {
            ids.Add(id);
            if (Parse(path) is not JObject json)
            {
                found.Damaged.Add(Path.GetRelativePath(root, path));
                counts.Add(Sighting.Of("log-damage"));
            }
            else if (Of(json) is { } sighting)
            {
                counts.Add(sighting);
            }
        }

        if (ids.Count == 0)
        {
            return 0;
        }

        // Without it no list has the conversation.
        var metadata = Path.Combine(folder, "metadata.json");
        if (Parse(metadata) is not JObject)
        {
            found.Damaged.Add(Path.GetRelativePath(root, metadata));
        }

        var head = ids.Max();
        counts.Add(Sighting.Of("size:log", SafeText.Count(head + 1L)));
        if (head + 1 > ids.Count)
        {
            counts.Add(Sighting.Of(Gap) with { Count = head + 1 - ids.Count });
            found.Gaps.Add((Path.GetRelativePath(root, folder), head + 1 - ids.Count));
        }

        // V0 writes an event's own file before the page that it is in.
        if (LastOfPages(folder) is { } last && last > head)
        {
            found.Damaged.Add(Path.GetRelativePath(root, Path.Combine(folder, "events")));
        }

        return ids.Count;
    }

    private static Sighting? Of(JObject json) => PacketSightings.Event(json)?.By("", TimeOf(json));

    private static DateTimeOffset? TimeOf(JObject json) =>
        DateTimeOffset.TryParse(json.Text("timestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    private static IEnumerable<(string Path, bool IsOfUser)> ConversationFolders(string root) =>
        Folders(Path.Combine(root, Sessions)).Select(static path => (path, false))
            .Concat(RecordedStore.Users(root).SelectMany(static user => Folders(Path.Combine(user, "conversations")))
                .Select(static path => (path, true)));

    private static IEnumerable<string> Folders(string path) =>
        Directory.Exists(path) ? Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal) : [];

    private static IEnumerable<(int Id, string Path)> EventFiles(string folder)
    {
        var events = Path.Combine(folder, "events");
        foreach (var path in Directory.Exists(events) ? Directory.EnumerateFiles(events, "*.json") : [])
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                yield return (id, path);
            }
        }
    }

    // Pages are named by their first id and the one behind their last.
    private static int? LastOfPages(string folder)
    {
        var pages = Path.Combine(folder, "event_cache");
        return Directory.Exists(pages)
            ? Directory.EnumerateFiles(pages, "*.json")
                .Select(static path => Path.GetFileNameWithoutExtension(path).Split('-'))
                .Where(static parts => parts.Length == 2)
                .Select(static parts => EndOf(parts[1]) - 1)
                .Max()
            : null;
    }

    private static int? EndOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var end) ? end : null;

    private static JToken? Parse(string path)
    {
        try
        {
            return JsonTree.TryRead(File.ReadAllBytes(path), out var json) ? json : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>What was found in a store.</summary>
/// <param name="Damaged">Files and folders that cannot be read or are not whole, by their path in the store.</param>
/// <param name="Gaps">Conversations of which events before the last are missing, by their path in the store, and how many.</param>
internal sealed record StoreSummary(
    int Conversations, long Events, IReadOnlyList<string> Damaged, IReadOnlyList<(string Folder, int Missing)> Gaps);
