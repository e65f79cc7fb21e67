using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// Ten asterisks in the place of a key: so that a page shows that there is one, and can send back what it was shown without losing it. V0
/// shows the keys of MCP servers themselves. Pure.
/// </summary>
internal static class KeyMask
{
    public const string Text = "**********";

    private const string Key = "api_key";

    // Servers that are reached over HTTP have keys.
    private static readonly string[] s_lists = ["sse_servers", "shttp_servers"];

    private const string Commands = "stdio_servers";
    private const string Environment = "env";

    // The others get theirs from the environment, where not all is secret: by these words in a name it is told.
    private static readonly string[] s_secretWords = ["KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL"];

    public static bool IsMask(JToken? value) => value.AsText() == Text;

    /// <summary>Puts the mask in the place of each server's key, and of the secrets in a command's environment.</summary>
    public static void Hide(JObject? mcpConfig)
    {
        foreach (var server in s_lists.SelectMany(mcpConfig.Objects).Where(static server => server.TextOrNull(Key) is { Length: > 0 }))
        {
            server[Key] = Text;
        }

        foreach (var variable in mcpConfig.Objects(Commands).SelectMany(VariablesOf).Where(IsSecret))
        {
            variable.Value = Text;
        }
    }

    /// <summary>
    /// Puts the stored key in the place of each mask: that of the server with this address, or else of the one at this place of a list that
    /// is as long as before, whose address was edited. A mask that belongs to none becomes no key.
    /// </summary>
    public static void Restore(JObject? mcpConfig, JObject? stored)
    {
        foreach (var list in s_lists)
        {
            var before = stored.Objects(list).ToList();
            var now = mcpConfig.Objects(list).ToList();
            foreach (var (i, server) in now.Index().Where(static pair => IsMask(pair.Item[Key])))
            {
                var same = before.Count == now.Count ? before[i] : null;
                var source = IsAt(same, server)
                    ? same
                    : s_lists.Prepend(list).SelectMany(stored.Objects).FirstOrDefault(other => IsAt(other, server)) ?? same;
                server[Key] = source.TextOrNull(Key);
            }
        }

        RestoreEnvironments([.. mcpConfig.Objects(Commands)], [.. stored.Objects(Commands)]);
    }

    /// <summary>As for keys, where a server is known by its name. A variable whose mask belongs to none goes.</summary>
    private static void RestoreEnvironments(List<JObject> now, List<JObject> before)
    {
        foreach (var (i, server) in now.Index())
        {
            var source = before.FirstOrDefault(other => other.TextOrNull("name") == server.TextOrNull("name"))
                ?? (before.Count == now.Count ? before[i] : null);
            foreach (var variable in VariablesOf(server).Where(static variable => IsMask(variable.Value)).ToList())
            {
                if (source.Object(Environment).TextOrNull(variable.Name) is { } kept)
                {
                    variable.Value = kept;
                }
                else
                {
                    variable.Remove();
                }
            }
        }
    }

    private static IEnumerable<JProperty> VariablesOf(JObject server) => server.Object(Environment)?.Properties() ?? [];

    private static bool IsSecret(JProperty variable) => variable.Value.AsText() is { Length: > 0 }
        && s_secretWords.Any(word => variable.Name.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static bool IsAt(JObject? server, JObject other) => server is not null && server.TextOrNull("url") == other.TextOrNull("url");
}
