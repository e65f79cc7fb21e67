using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// The keys of the events in the stores of recorded V1 servers, by kind, and of what is in them: V1's reader refuses an event with a key
/// that it does not know, or without one that it needs. Read once.
/// </summary>
internal static class RecordedV1Shapes
{
    // Left out by some versions, or where they say nothing. parent_id is refused by some.
    private static readonly string[] s_mayLack =
    [
        "parent_id", "summary", "extended_content", "classification", "rejection_source", "full_output_save_dir", "old_content",
        "new_content", "screenshot_data", "file_text", "old_str", "new_str", "summary_offset", "dynamic_context", "username",
        "hostname", "working_dir", "py_interpreter_path", "llm_response_id", "timeout",
    ];

    // V1's own source has these (a field with a default), and no recording happens to.
    private static readonly string[] s_knownBySource = ["timeout", "view_range", "insert_line"];

    private static readonly Dictionary<string, (HashSet<string> Any, HashSet<string> All)> s_keys = Read();

    /// <summary>Fails where a server would not read it.</summary>
    public static void ShouldFit(JObject one)
    {
        foreach (var (name, part) in Parts(one))
        {
            s_keys.Should().ContainKey(name, "a recorded server has written such a thing");
            var keys = part.Properties().Select(static property => property.Name).ToList();
            keys.Except(s_knownBySource).Should().BeSubsetOf(s_keys[name].Any, "{0} has no other keys", name);
            s_keys[name].All.Except(s_mayLack).Should().BeSubsetOf(keys, "{0} has these always", name);
        }
    }

    private static Dictionary<string, (HashSet<string> Any, HashSet<string> All)> Read()
    {
        var shapes = new Dictionary<string, (HashSet<string> Any, HashSet<string> All)>(StringComparer.Ordinal)
        {
            // Nobody sent one while it was recorded. The bridge sends them so.
            ["content image"] = (["cache_prompt", "type", "image_urls"], ["type", "image_urls"]),
        };
        foreach (var (name, part) in V1Recording.Names.SelectMany(static name => V1Recording.Load(name).Log).SelectMany(Parts))
        {
            var keys = part.Properties().Select(static property => property.Name).ToHashSet();
            if (!shapes.TryGetValue(name, out var known))
            {
                shapes[name] = ([.. keys], [.. keys]);
                continue;
            }

            known.Any.UnionWith(keys);
            known.All.IntersectWith(keys);
        }

        return shapes;
    }

    private static IEnumerable<(string Name, JObject Part)> Parts(JObject one)
    {
        var kind = one.Text("kind");
        yield return (kind, one);
        foreach (var (name, part) in new[]
        {
            ("action", one.Object("action")), ("observation", one.Object("observation")), ("llm_message", one.Object("llm_message")),
            ("tool_call", one.Object("tool_call")), ("metadata", one.Object("observation").Object("metadata")),
            ("system_prompt", one.Object("system_prompt")),
        })
        {
            if (part is not null)
            {
                yield return ($"{name} {part.TextOrNull("kind")}".Trim(), part);
            }
        }

        var content = one.Object("llm_message").Objects("content").Concat(one.Object("observation").Objects("content"))
            .Concat(one.Objects("thought")).Concat(one.Objects("extended_content"));
        foreach (var item in content)
        {
            yield return ($"content {item.Text("type")}", item);
        }
    }
}
