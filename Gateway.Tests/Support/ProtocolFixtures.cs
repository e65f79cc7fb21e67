namespace Gateway.Tests.Support;

/// <summary>Finds the recordings under <c>protocol-fixtures/</c>. Stores are read in place: copy one before writing to it.</summary>
internal static class ProtocolFixtures
{
    public static string Root { get; } = FindRoot();

    /// <summary>Every recording, as <c>v0/replay-full</c>.</summary>
    public static IEnumerable<string> Names() =>
        from server in Directory.EnumerateDirectories(Root)
        from recording in Directory.EnumerateDirectories(server)
        orderby recording
        select $"{Path.GetFileName(server)}/{Path.GetFileName(recording)}";

    public static string PathOf(string name, params string[] parts) => Path.Combine([Root, .. name.Split('/'), .. parts]);

    /// <summary>The files of all single events of a recording's stores, before and after, or of one of them (<c>v0/replay-full/store</c>).</summary>
    public static IEnumerable<string> EventFiles(string name) =>
        Directory.EnumerateFiles(PathOf(name), "*.json", SearchOption.AllDirectories)
            .Where(static path => Path.GetFileName(Path.GetDirectoryName(path)) == "events")
            .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Gateway.sln")))
            {
                return Path.Combine(directory.FullName, "protocol-fixtures");
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
