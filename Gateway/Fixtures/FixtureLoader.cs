using Gateway.Primitives;
using Gateway.Primitives.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Fixtures;

/// <summary>Finds and loads fixtures. Pure but for reading files; what is wrong with one is said in a line, not thrown.</summary>
internal static class FixtureLoader
{
    public const string HarName = "session.har";

    /// <summary>Every HAR under the given files and folders, in the order of their names.</summary>
    public static IReadOnlyList<FixtureLoad> LoadAll(IEnumerable<string> paths) => [.. paths.SelectMany(Load)];

    private static IEnumerable<FixtureLoad> Load(string path)
    {
        if (File.Exists(path))
        {
            return [LoadHar(path)];
        }

        if (!Directory.Exists(path))
        {
            return [new FixtureLoad(path, null, "does not exist")];
        }

        var files = Directory.EnumerateFiles(path, "*.har", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        return files.Count == 0 ? [new FixtureLoad(path, null, "holds no .har file")] : files.Select(LoadHar);
    }

    private static FixtureLoad LoadHar(string path)
    {
        try
        {
            using var text = File.OpenText(path);
            if (HarReader.Read(text, out var problem) is not { } har)
            {
                return new FixtureLoad(path, null, problem);
            }

            var recordings = SocketRecordingReader.Read(har);
            return recordings.Sessions.Count == 0 && recordings.OddRequests.Count == 0 && recordings.OtherRequests.Count == 0
                ? new FixtureLoad(path, null, "has no entry at all")
                : recordings.Sessions.Count == 0 && recordings.OddRequests.Count == 0 && !IsOurs(path)
                    ? new FixtureLoad(path, null, "has no Socket.IO entry")
                : recordings.OddRequests.Count == 0 && recordings.Sessions.Count > 0 && recordings.Sessions.All(static session => session.Frames.Count == 0)
                    ? new FixtureLoad(path, null, "has Socket.IO entries without their messages: they must be saved as well (_webSocketMessages)")
                    : new FixtureLoad(path, Beside(path, recordings), "");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new FixtureLoad(path, null, $"cannot be read: {error.Message}");
        }
    }

    // A fixture of REST calls alone is one, if it says so by its fixture.json: all of it is counted as skipped.
    private static bool IsOurs(string harPath) => File.Exists(Path.Combine(Path.GetDirectoryName(harPath) ?? "", "fixture.json"));

    private static Fixture Beside(string harPath, SocketRecordings recordings)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(harPath)) ?? "";
        var isFolder = Path.GetFileName(harPath) == HarName;
        return new Fixture
        {
            Name = isFolder ? Path.GetFileName(folder) : Path.GetFileNameWithoutExtension(harPath),
            HarPath = Path.GetFullPath(harPath),
            StorePath = Existing(folder, "store"),
            StoreAfterPath = Existing(folder, "store-after"),
            Info = ReadInfo(Path.Combine(folder, "fixture.json")),
            Recordings = recordings,
        };
    }

    private static string? Existing(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return Directory.Exists(path) ? path : null;
    }

    private static FixtureInfo ReadInfo(string path)
    {
        if (!File.Exists(path) || JsonAccess.ParseText(File.ReadAllText(path)) is not JObject json)
        {
            return FixtureInfo.None;
        }

        return new FixtureInfo(
            Text(json["title"]),
            Text(json["server"]),
            [.. (json["ignore"] as JArray ?? []).Select(Text).Where(static pointer => pointer.StartsWith('/'))],
            [.. (json["unordered"] as JArray ?? []).Select(ReadWindow).Where(static window => window.From <= window.To)]);
    }

    private static (int From, int To) ReadWindow(JToken token) => token switch
    {
        JArray { Count: 2 } pair => (Number(pair[0]), Number(pair[1])),
        JObject window => (Number(window["from"]), Number(window["to"])),
        _ => (0, -1),
    };

    private static string Text(JToken? token) => token is JValue { Type: JTokenType.String } value ? (string?)value ?? "" : "";

    private static int Number(JToken? token) => token is JValue { Type: JTokenType.Integer, Value: long and >= 0 and <= int.MaxValue } value ? (int)value : -1;
}
