using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>The conversations in the committed recordings' stores of V0, after each recording. Read-only.</summary>
internal static class V0Stores
{
    private static readonly EnumerationOptions s_all = new() { RecurseSubdirectories = true };

    /// <summary>Each as <c>v0/NAME/ID</c>.</summary>
    public static IEnumerable<string> Names =>
    [
        .. new[] { "v0", "v0-0.40" }
            .SelectMany(static generation => Directory.EnumerateDirectories(
                Repository.PathOf("protocol-fixtures", generation), "events", s_all))
            .Where(static folder => folder.Contains("/store-after/", StringComparison.Ordinal))
            .Select(static folder => Path.GetRelativePath(Repository.PathOf("protocol-fixtures"), Path.GetDirectoryName(folder)!))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The events that can be read, by their ids.</summary>
    public static IReadOnlyList<(int V0Id, JObject Event)> Read(string name) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.PathOf("protocol-fixtures"), name, "events"), "*.json")
            .Select(static path => (
                Id: int.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture),
                Event: JsonTree.TryReadObject(File.ReadAllBytes(path), out var json) ? json : null))
            .Where(static one => one.Event is not null)
            .Select(static one => (one.Id, one.Event!))
            .OrderBy(static one => one.Id),
    ];
}
