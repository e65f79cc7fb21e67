namespace Gateway.Conversations.Workspaces;

/// <summary>
/// The fields that stand before a microagent's text, between two lines of <c>---</c>. They are YAML; what microagents use of it is read:
/// texts, lists in either form, and lists of objects with texts. Anything else reads as absent. Immutable.
/// </summary>
internal sealed class FrontMatter
{
    private const string Fence = "---";

    private readonly Dictionary<string, List<string>> _blocks;

    private FrontMatter(Dictionary<string, List<string>> blocks, string text)
    {
        _blocks = blocks;
        Text = text;
    }

    /// <summary>What follows the fields, without blank space around it.</summary>
    public string Text { get; }

    /// <param name="file">The whole file, its lines ended by line feeds alone.</param>
    public static FrontMatter Parse(string file)
    {
        var lines = file.TrimStart('\ufeff').Split('\n');
        var end = lines[0].TrimEnd() == Fence ? Array.FindIndex(lines, 1, static line => line.TrimEnd() == Fence) : -1;
        var blocks = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        List<string>? block = null;
        foreach (var line in end < 0 ? [] : lines[1..end])
        {
            if (line.Trim().Length == 0 || line.TrimStart()[0] == '#')
            {
                continue;
            }

            if (line[0] is not (' ' or '-') && line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
            {
                block = blocks[line[..colon].Trim()] = [line[(colon + 1)..].Trim()];
            }
            else
            {
                block?.Add(line);
            }
        }

        return new FrontMatter(blocks, string.Join('\n', lines[(end + 1)..]).Trim());
    }

    /// <summary>A list of texts, written as <c>[a, b]</c> or with dashes.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (!_blocks.TryGetValue(name, out var block))
        {
            return [];
        }

        return block[0].StartsWith('[') && block[0].EndsWith(']')
            ? [.. block[0][1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Unquote)]
            : [.. block.Skip(1).Select(static line => line.Trim()).Where(static line => line.StartsWith('-'))
                .Select(static line => Unquote(line[1..].Trim())).Where(static text => text.Length > 0)];
    }

    /// <summary>A list of objects, written with dashes; only their own texts are read.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Objects(string name)
    {
        var objects = new List<Dictionary<string, string>>();
        foreach (var line in _blocks.GetValueOrDefault(name, [""]).Skip(1).Select(static line => line.Trim()))
        {
            var isNew = line.StartsWith('-');
            if (isNew)
            {
                objects.Add(new Dictionary<string, string>(StringComparer.Ordinal));
            }

            var field = isNew ? line[1..].Trim() : line;
            if (objects.Count > 0 && field.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
            {
                objects[^1].TryAdd(field[..colon].Trim(), Unquote(field[(colon + 1)..].Trim()));
            }
        }

        return objects;
    }

    private static string Unquote(string text) =>
        text.Length >= 2 && text[0] == text[^1] && text[0] is '"' or '\'' && text.Length >= 2 ? text[1..^1] : text;
}
