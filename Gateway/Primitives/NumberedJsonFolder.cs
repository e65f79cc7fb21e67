using System.Globalization;

using Newtonsoft.Json.Linq;

namespace Gateway.Primitives;

/// <summary>
/// Reads a folder of numbered JSON objects, as recordings keep them: <c>events/{n}.json</c>, and pages <c>event_cache/{a}-{b}.json</c> whose
/// elements are <c>a</c>, <c>a+1</c>, … A page goes before a single file. What cannot be read is left out. For tools; no lock is taken.
/// </summary>
internal static class NumberedJsonFolder
{
    public static SortedDictionary<int, JObject> Read(string folder)
    {
        var found = new SortedDictionary<int, JObject>();
        foreach (var (name, path) in JsonFiles(Path.Combine(folder, "events")))
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Parse(path) is JObject json)
            {
                found[number] = json;
            }
        }

        foreach (var (name, path) in JsonFiles(Path.Combine(folder, "event_cache")))
        {
            if (int.TryParse(name.Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) && Parse(path) is JArray page)
            {
                AddPage(found, first, page);
            }
        }

        return found;
    }

    private static void AddPage(SortedDictionary<int, JObject> found, int first, JArray page)
    {
        for (var i = 0; i < page.Count; i++)
        {
            if (page[i] is JObject json)
            {
                found[first + i] = json;
            }
        }
    }

    private static IEnumerable<(string Name, string Path)> JsonFiles(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*.json").Select(static path => (Path.GetFileNameWithoutExtension(path), path))
        : [];

    private static JToken? Parse(string path)
    {
        try
        {
            return JsonAccess.ParseText(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
