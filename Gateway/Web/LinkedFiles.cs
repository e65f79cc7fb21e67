using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace Gateway.Web;

/// <summary>
/// The files of one folder, links followed as long as they stay in it: what a link leads to outside is not there, as with V0, and what it
/// leads to inside is served as itself (a link has a length of its own). Any thread.
/// </summary>
internal sealed class LinkedFiles : IFileProvider, IDisposable
{
    private const int MaxLinks = 40;

    private readonly string _root;
    private readonly PhysicalFileProvider _files;

    public LinkedFiles(string root)
    {
        _root = RealPathOf(Path.GetFullPath(root)) ?? throw new IOException($"'{root}' is a link that leads round in a circle.");
        _files = new PhysicalFileProvider(_root);
    }

    public IFileInfo GetFileInfo(string subpath)
    {
        var found = _files.GetFileInfo(subpath);
        if (!found.Exists || found.PhysicalPath is not { } path || RealPathOf(path) is not { } real)
        {
            return new NotFoundFileInfo(subpath);
        }

        return real == path ? found
            : real.StartsWith(_files.Root, StringComparison.Ordinal) ? _files.GetFileInfo(real[_files.Root.Length..])
            : new NotFoundFileInfo(subpath);
    }

    public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

    public IChangeToken Watch(string filter) => NullChangeToken.Singleton;

    public void Dispose() => _files.Dispose();

    /// <summary>Where a path leads when every link on the way is followed; null when there are too many.</summary>
    private static string? RealPathOf(string path)
    {
        var real = Path.GetPathRoot(path) ?? "/";
        var rest = new Stack<string>(PartsOf(path[real.Length..]).Reverse());
        for (var links = 0; rest.TryPop(out var name);)
        {
            if (name == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Join(real, name);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                return null;
            }

            real = Path.IsPathRooted(target) ? Path.GetPathRoot(target) ?? real : real;
            foreach (var part in PartsOf(target).Reverse())
            {
                rest.Push(part);
            }
        }

        return real;
    }

    private static IEnumerable<string> PartsOf(string path) =>
        path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Where(static part => part != ".");
}
