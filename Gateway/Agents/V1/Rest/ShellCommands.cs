namespace Gateway.Agents.V1.Rest;

/// <summary>What a shell at the server does where V1 has no route. Every name is quoted: none is read as anything else. Pure.</summary>
internal static class ShellCommands
{
    // Stands alone in a line, which no name below a folder can.
    private const string Ignored = "/ignored/";

    public const string Nothing = "true";

    /// <summary>The names in a folder, and then those of them that git leaves out. Nothing for a folder that is not there.</summary>
    public static string List(string folder) =>
        $"cd -- {Quote(folder)} 2>/dev/null || exit 0; names=$(ls -A1); printf '%s\\n' \"$names\" {Ignored}; "
            + "printf '%s\\n' \"$names\" | git check-ignore --stdin 2>/dev/null; exit 0";

    /// <summary>The absolute paths of what is not left out.</summary>
    public static IEnumerable<string> ReadList(string output, string folder)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var end = Array.IndexOf(lines, Ignored);
        var ignored = end < 0 ? [] : lines[(end + 1)..].ToHashSet(StringComparer.Ordinal);
        return lines[..(end < 0 ? lines.Length : end)]
            .Where(name => !ignored.Contains(name))
            .Order(StringComparer.Ordinal)
            .Select(name => $"{folder.TrimEnd('/')}/{name}");
    }

    /// <summary>A name that nobody else has.</summary>
    public static string NewArchive() => $"/tmp/.gateway-{Guid.NewGuid():N}.zip";

    /// <summary>Packs the folder in which it runs. Links are packed as links where that can be.</summary>
    public static string MakeArchive(string file) =>
        $"if command -v zip >/dev/null; then zip -q -r -y {Quote(file)} .; else python3 -m zipfile -c {Quote(file)} .; fi "
            + $"|| {{ rm -f {Quote(file)}; exit 1; }}";

    public static string Remove(string file) => $"rm -f {Quote(file)}";

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
