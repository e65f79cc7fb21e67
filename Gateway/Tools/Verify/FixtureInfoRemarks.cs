using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify;

/// <summary>Says what of a <c>fixture.json</c> is passed over, so that a name with a slip in it does not go unnoticed. Pure.</summary>
internal static class FixtureInfoRemarks
{
    // What verify acts on, and what recordings say for their readers.
    private static readonly string[] s_known =
    [
        "title", "server", "key", "workspace", "changes", "ignore", "unordered", "steps", "damage",
        "name", "client", "expects", "toasts", "disk", "made_by_hand", "date", "comment",
    ];

    public static FixtureInfo Unreadable { get; } = FixtureInfo.None with
    {
        Remarks = ["fixture.json is no JSON object: nothing of it was used"],
    };

    public static IEnumerable<string> Of(JObject json, FixtureInfo read)
    {
        foreach (var name in json.Properties().Select(static property => property.Name).Where(static name => !s_known.Contains(name)))
        {
            yield return $"fixture.json says \"{name}\", which is not known and was passed over";
        }

        if (json["key"] is { Type: not JTokenType.Null } key && key.AsText() is null)
        {
            yield return PassedOver("key", "it is no text");
        }

        foreach (var name in new[] { "workspace", "changes", "ignore", "unordered", "steps", "damage" })
        {
            if (json[name] is { Type: not (JTokenType.Array or JTokenType.Null) })
            {
                yield return PassedOver(name, "it is no list");
            }
        }

        var lists = new (string Name, int Read, string Form)[]
        {
            ("ignore", read.Ignore.Count, "a JSON pointer, which begins with a slash"),
            ("unordered", read.Unordered.Count, "a window of two ids, [12, 15]"),
            ("changes", json.Objects("changes").Count(FixtureInfoReader.IsChange), "an object with \"at\", \"file\" and \"text\""),
            ("workspace", (json["workspace"] as JArray ?? []).Count(static command => command.AsText() is not null), "a shell command"),
        };
        foreach (var (name, count, form) in lists)
        {
            if (json[name] is JArray list && list.Count > count)
            {
                yield return PassedOver(name, $"{list.Count - count} of its {list.Count} entries is not {form}");
            }
        }
    }

    private static string PassedOver(string name, string why) => $"\"{name}\" of fixture.json was passed over where {why}";
}
