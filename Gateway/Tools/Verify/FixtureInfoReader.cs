using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify;

/// <summary>Reads <c>fixture.json</c>, leniently: what it does not know is passed over. Pure but for the file.</summary>
internal static class FixtureInfoReader
{
    private const string InTheStore = "in the store now: ";

    public static FixtureInfo Read(string path)
    {
        if (!File.Exists(path))
        {
            return FixtureInfo.None;
        }

        if (JsonTree.ReadOrNull(File.ReadAllText(path)) is not JObject json)
        {
            return FixtureInfoRemarks.Unreadable;
        }

        var info = Read(json);
        return info with { Remarks = [.. FixtureInfoRemarks.Of(json, info)] };
    }

    /// <summary>A change of a file that can be done again.</summary>
    public static bool IsChange(JObject change) => change.TextOrNull("file") is not null && Time(change) != default;

    private static FixtureInfo Read(JObject json)
    {

        var commands = Texts(json["workspace"]);
        var steps = Steps(json);

        // As many commands as steps: each was given before its step.
        var isByStep = commands.Count > 1 && commands.Count == steps.Count;
        var changes = Damages(json, steps).Concat(Changes(json)).ToList();
        if (isByStep)
        {
            changes.AddRange(commands.Zip(steps, static (command, step) => new FixtureChange(step.Time) { Command = command }));
        }

        return new FixtureInfo(
            json.Text("title"),
            json.Text("server"),
            [.. Texts(json["ignore"]).Where(static pointer => pointer.StartsWith('/'))],
            [.. (json["unordered"] as JArray ?? []).Select(ReadWindow).Where(static window => window.From <= window.To)])
        {
            Key = json.TextOrNull("key"),
            Workspace = isByStep ? [] : commands,
            Changes = [.. changes.OrderBy(static change => change.Time)],
            StepsInWords = changes.Count == 0 ? [.. steps.Select(static step => step.What)] : [],
        };
    }

    private static List<string> Texts(JToken? array) => [.. (array as JArray ?? []).Select(static text => text.AsText()).OfType<string>()];

    private static List<(DateTimeOffset Time, string What)> Steps(JObject json) =>
        [.. json.Objects("steps").Select(static step => (Time(step), step.Text("what"))).Where(static step => step.Item1 != default)];

    private static IEnumerable<FixtureChange> Changes(JObject json) => json.Objects("changes")
        .Where(IsChange)
        .Select(static change => new FixtureChange(Time(change)) { File = change.TextOrNull("file"), Text = change.TextOrNull("text") });

    // One conversation's metadata, damaged in one way after another: a step says when which was in the store.
    private static IEnumerable<FixtureChange> Damages(JObject json, List<(DateTimeOffset Time, string What)> steps)
    {
        var damages = json.Objects("damage").ToList();
        var id = damages
            .Select(static damage => JsonTree.ReadOrNull(damage.Text("metadata")).TextOrNull("conversation_id"))
            .FirstOrDefault(static id => id is not null);
        return id is null
            ? []
            : damages.SelectMany(damage => steps
                .Where(step => step.What == InTheStore + damage.Text("what"))
                .Select(step => new FixtureChange(step.Time)
                {
                    File = $"sessions/{id}/metadata.json",
                    Text = damage.TextOrNull("metadata")
                }));
    }

    private static DateTimeOffset Time(JObject json) =>
        DateTimeOffset.TryParse(json.Text("at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : default;

    private static (int From, int To) ReadWindow(JToken token) => token switch
    {
        JArray { Count: 2 } pair => (Number(pair[0]), Number(pair[1])),
        JObject window => (Number(window["from"]), Number(window["to"])),
        _ => (0, -1),
    };

    private static int Number(JToken? token) =>
        token is JValue { Type: JTokenType.Integer, Value: long and >= 0 and <= int.MaxValue } value ? (int)value : -1;
}
