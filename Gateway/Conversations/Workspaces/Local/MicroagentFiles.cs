namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// Reads the microagents that a workspace brings: the Markdown files below <c>.openhands/microagents</c>. Stateless; any thread.
/// </summary>
internal static class MicroagentFiles
{
    private const string Folder = ".openhands/microagents";
    private const string Extension = ".md";
    private const string ReadMe = "README.md";
    private const int MaxFiles = 200;
    private const int MaxDepth = 8;
    private const int MaxBytes = 256 * 1_024;

    /// <summary>Those that are always told come first, as with V0.</summary>
    public static WorkspaceResult<IReadOnlyList<Microagent>> Read(WorkspaceTree tree)
    {
        var microagents = new List<Microagent>();
        foreach (var path in Find(tree, Folder, 0).Take(MaxFiles))
        {
            if (!tree.Find(path).TryGet(out var entry, out _))
            {
                continue;
            }

            using (entry)
            {
                if (entry.Kind == EntryKind.File && FileText.Read(entry, MaxBytes) is { } bytes)
                {
                    microagents.Add(Parse(path[(Folder.Length + 1)..^Extension.Length], FileText.Decode(bytes)));
                }
            }
        }

        return WorkspaceResult.Of(microagents.OrderByDescending(static microagent => microagent.Type, StringComparer.Ordinal));
    }

    /// <summary>As V0 tells the kinds apart: by inputs, then triggers, and not by what the file says it is.</summary>
    public static Microagent Parse(string name, string file)
    {
        var fields = FrontMatter.Parse(FileText.WithLineFeeds(file));
        var triggers = fields.Texts("triggers");
        MicroagentInput[] inputs = [.. fields.Objects("inputs")
            .Where(static input => input.ContainsKey("name"))
            .Select(static input => new MicroagentInput(input["name"], input.GetValueOrDefault("description", "")))];
        if (inputs.Length > 0 && !triggers.Contains($"/{name}"))
        {
            triggers = [.. triggers, $"/{name}"];
        }

        return new Microagent(name, triggers.Count > 0 ? "knowledge" : "repo", fields.Text, triggers, inputs, []);
    }

    private static IEnumerable<string> NamesIn(WorkspaceEntry entry) =>
        entry.Kind == EntryKind.Folder ? NativeTree.NamesIn(entry.Folder).Order(StringComparer.Ordinal) : [];

    private static IEnumerable<string> Find(WorkspaceTree tree, string folder, int depth)
    {
        if (depth > MaxDepth || !tree.Find(folder).TryGet(out var entry, out _))
        {
            yield break;
        }

        using (entry)
        {
            foreach (var name in NamesIn(entry))
            {
                var path = $"{folder}/{name}";
                if (name.EndsWith(Extension, StringComparison.Ordinal) && name != ReadMe)
                {
                    yield return path;
                    continue;
                }

                foreach (var inner in Find(tree, path, depth + 1))
                {
                    yield return inner;
                }
            }
        }
    }
}
