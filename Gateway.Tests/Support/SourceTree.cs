using System.Text.RegularExpressions;

namespace Gateway.Tests.Support;

/// <summary>The source files below a folder, and which folders each of them uses. Immutable.</summary>
internal sealed partial class SourceTree(IReadOnlyList<SourceFile> files)
{
    private const string RootName = "Gateway";

    private readonly HashSet<string> _folders = [.. files.Select(static file => file.Folder)];
    private readonly ILookup<string, string> _typesByNamespace = files
        .SelectMany(static file => file.Types.Select(type => (file.Namespace, Type: type)))
        .ToLookup(static pair => pair.Namespace, static pair => pair.Type);

    public IReadOnlyList<SourceFile> Files { get; } = files;

    public static SourceTree Read(string root) => new(
    [
        .. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Name: Path.GetRelativePath(root, path).Replace('\\', '/')))
            .Where(static file => !BuildOutput().IsMatch(file.Name))
            .Select(static file => SourceFile.Parse(file.Name, File.ReadAllText(file.Path))),
    ]);

    /// <summary>
    /// What the code of a file reaches: by <c>using</c>, by a qualified name, or by the plain name of a type of an enclosing
    /// namespace, for which C# asks no <c>using</c>.
    /// </summary>
    public IReadOnlyList<string> UsedFolders(SourceFile file)
    {
        var qualified = QualifiedName().Matches(file.Code).Select(match => FolderOf(file, match.Value)).OfType<string>();
        var words = Word().Matches(file.Code).Select(static match => match.Value).ToHashSet();
        var enclosing = Enclosing(file.Namespace)
            .Where(outer => _typesByNamespace[outer].Any(words.Contains))
            .Select(FolderOfNamespace)
            .OfType<string>();
        return [.. qualified.Concat(enclosing).Where(folder => folder != file.Folder).Distinct().Order(StringComparer.Ordinal)];
    }

    // The longest beginning of the name that is a folder, looked up from the innermost namespace outwards as the compiler does.
    private string? FolderOf(SourceFile file, string name)
    {
        foreach (var outer in Enclosing($"{file.Namespace}._").Append(""))
        {
            for (var candidate = outer.Length == 0
                ? name
                : $"{outer}.{name}"; candidate.Length > outer.Length; candidate = Parent(candidate))
            {
                if (candidate.StartsWith(RootName + '.', StringComparison.Ordinal) && FolderOfNamespace(candidate) is { } folder)
                {
                    return folder;
                }
            }
        }

        return null;
    }

    private string? FolderOfNamespace(string name)
    {
        var folder = name == RootName ? "" : name[(RootName.Length + 1)..].Replace('.', '/');
        return _folders.Contains(folder) ? folder : null;
    }

    private static IEnumerable<string> Enclosing(string name)
    {
        for (var outer = Parent(name); outer.Length > 0; outer = Parent(outer))
        {
            yield return outer;
        }
    }

    private static string Parent(string name) => name.LastIndexOf('.') is > 0 and var dot ? name[..dot] : "";

    [GeneratedRegex(@"(^|/)(bin|obj|node_modules)/")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*(\.[A-Z]\w*)+|(?<=using )\w+(?=;)")]
    private static partial Regex QualifiedName();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Word();
}

/// <summary>One source file, its comments and texts blanked out. Immutable.</summary>
internal sealed partial record SourceFile(string Path, string Namespace, string Code, IReadOnlyList<string> Types, int LineCount)
{
    /// <summary>The folder below the project, with slashes; empty for the project's own.</summary>
    public string Folder { get; } = Path.LastIndexOf('/') is > 0 and var slash ? Path[..slash] : "";

    public static SourceFile Parse(string path, string text)
    {
        var code = CommentOrText().Replace(text, " ");
        return new SourceFile(
            path,
            NamespaceLine().Match(code).Groups[1].Value,
            NamespaceLine().Replace(code, ""),
            [.. TypeDeclaration().Matches(code).Select(static match => match.Groups[1].Value)],
            text.AsSpan().Count('\n'));
    }

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|""\"+.*?""\"+|@?"(\\.|[^"\\\n])*"|'(\\.|[^'\\])'""", RegexOptions.Singleline)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    // At the line's beginning: a nested type is no one else's.
    [GeneratedRegex(@"^(?:(?:internal|public|sealed|static|abstract|readonly|partial|file) )*(?:class|struct|record struct|record|interface|enum|delegate \w+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();
}
