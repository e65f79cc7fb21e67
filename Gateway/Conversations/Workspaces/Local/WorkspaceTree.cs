using Microsoft.Win32.SafeHandles;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// Finds files below the workspace's root and nowhere else, by real path: links are followed while they stay within, and a path is followed
/// name by name over open handles, so that it cannot be led out between looking and opening. Immutable; any thread.
/// </summary>
/// <param name="root">The folder on this machine.</param>
/// <param name="mountPath">How clients and answers name it.</param>
internal sealed class WorkspaceTree(string root, string mountPath)
{
    private const int MaxNames = 256;
    private const int MaxLinks = 40;
    private const int MaxPathLength = 4_096;

    /// <summary>How answers name what a client named, as V0 joins the two.</summary>
    public string AnswerPath(string path) => path.StartsWith('/') ? path : $"{mountPath}/{path}";

    public SafeFileHandle OpenRoot() => NativeTree.OpenRoot(root);

    /// <summary>
    /// Finds what a client's path names, relative to the workspace or absolute as answers have it. What is missing is no error: the result
    /// says where it would be.
    /// </summary>
    public WorkspaceResult<WorkspaceEntry> Find(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            return new WorkspaceError(WorkspaceFailure.Outside, "", "embedded null byte");
        }

        if (path.Length > MaxPathLength)
        {
            return Missing(path);
        }

        if (!path.StartsWith('/'))
        {
            return Find(path, path);
        }

        return BelowOrNull(path, mountPath) is { } below
            ? Find(below, path)
            : new WorkspaceError(
                WorkspaceFailure.Outside, path, $"Invalid path: {path}. You can only work with files in {mountPath}.");
    }

    /// <summary>
    /// As <see cref="Find(string)"/>, for a path that stands in a file of the workspace and may name it as this machine does.
    /// </summary>
    /// <param name="from">The folder, relative to the root, that a relative path starts from.</param>
    public WorkspaceResult<WorkspaceEntry> FindWritten(string path, string from)
    {
        if (path.Contains('\0', StringComparison.Ordinal) || path.Length > MaxPathLength)
        {
            return Missing(path);
        }

        if (!path.StartsWith('/'))
        {
            return Find($"{from}/{path}", path);
        }

        using var rootHandle = OpenRoot();
        return Below(path, rootHandle) is { } below ? Find(below, path) : Outside(path, path);
    }

    private WorkspaceResult<WorkspaceEntry> Find(string relative, string asked)
    {
        var walk = new Walk(OpenRoot());
        var pending = new Stack<string>();
        Push(pending, relative);
        var links = 0;
        try
        {
            while (pending.TryPop(out var name))
            {
                if (name is "" or "." || walk.TryMissing(name))
                {
                    continue;
                }

                if (name is "..")
                {
                    if (!walk.TryLeave())
                    {
                        return Outside(asked, LexicalPath(asked));
                    }

                    continue;
                }

                if (walk.IsAtFile || walk.Depth + pending.Count > MaxNames)
                {
                    return Missing(asked);
                }

                if (walk.Enter(name) is not { } target)
                {
                    continue;
                }

                if (++links > MaxLinks)
                {
                    return Missing(asked);
                }

                if (target.StartsWith('/'))
                {
                    if (Below(target, walk.Root) is not { } below)
                    {
                        return Outside(asked, target);
                    }

                    walk.LeaveAll();
                    target = below;
                }

                Push(pending, target);
            }

            return walk.Finish();
        }
        finally
        {
            walk.Dispose();
        }
    }

    private string? Below(string absolute, SafeFileHandle rootHandle) =>
        BelowOrNull(absolute, mountPath) ?? BelowOrNull(absolute, NativeTree.PathOf(rootHandle));

    private static string? BelowOrNull(string absolute, string folder) =>
        absolute == folder ? ""
        : absolute.StartsWith($"{folder}/", StringComparison.Ordinal) ? absolute[(folder.Length + 1)..]
        : null;

    private static void Push(Stack<string> pending, string path)
    {
        var names = path.Split('/');
        for (var i = names.Length - 1; i >= 0; i--)
        {
            pending.Push(names[i]);
        }
    }

    // The words are V0's; the paths are those that the client knows.
    private WorkspaceError Outside(string asked, string resolved) => new(
        WorkspaceFailure.Outside,
        AnswerPath(asked),
        $"Invalid path traversal: {AnswerPath(asked)}. Path resolves outside the workspace. Resolved: {resolved}, Workspace: {mountPath}");

    private WorkspaceError Missing(string asked) =>
        new(WorkspaceFailure.NotFound, AnswerPath(asked), $"File not found: {AnswerPath(asked)}");

    private string LexicalPath(string asked)
    {
        var names = new List<string>();
        foreach (var name in AnswerPath(asked).Split('/'))
        {
            if (name is ".." && names.Count > 0)
            {
                names.RemoveAt(names.Count - 1);
            }
            else if (name is not ("" or "." or ".."))
            {
                names.Add(name);
            }
        }

        return "/" + string.Join('/', names);
    }

    /// <summary>The folders from the root to where a path has led so far, each held open. Used by one call.</summary>
    private sealed class Walk(SafeFileHandle root) : IDisposable
    {
        private readonly List<(SafeFileHandle Handle, string Name)> _folders = [(root, "")];
        private readonly List<string> _missing = [];
        private SafeFileHandle? _entry;
        private EntryKind _kind = EntryKind.Folder;
        private string _name = "";

        public SafeFileHandle Root => _folders[0].Handle;

        public int Depth => _folders.Count;

        public bool IsAtFile => _entry is not null;

        /// <summary>Names behind one that is missing are missing too, and <c>..</c> takes the last of them back.</summary>
        public bool TryMissing(string name)
        {
            if (_missing.Count == 0)
            {
                return false;
            }

            if (name is "..")
            {
                _missing.RemoveAt(_missing.Count - 1);
            }
            else
            {
                _missing.Add(name);
            }

            return true;
        }

        /// <summary>A link's target, if the name is one; it is not followed.</summary>
        public string? Enter(string name)
        {
            if (NativeTree.OpenName(_folders[^1].Handle, name) is not { } handle)
            {
                _missing.Add(name);
                return null;
            }

            var isKept = false;
            try
            {
                var kind = NativeTree.KindOf(handle);
                if (kind == EntryKind.Link)
                {
                    return NativeTree.ReadLink(handle);
                }

                isKept = true;
                if (kind == EntryKind.Folder)
                {
                    _folders.Add((handle, name));
                }
                else
                {
                    (_entry, _kind, _name) = (handle, kind, name);
                }

                return null;
            }
            finally
            {
                if (!isKept)
                {
                    handle.Dispose();
                }
            }
        }

        /// <summary>To the folder above; false at the root.</summary>
        public bool TryLeave()
        {
            if (_entry is { } entry)
            {
                entry.Dispose();
                _entry = null;
                return true;
            }

            if (_folders.Count == 1)
            {
                return false;
            }

            _folders[^1].Handle.Dispose();
            _folders.RemoveAt(_folders.Count - 1);
            return true;
        }

        public void LeaveAll()
        {
            while (_folders.Count > 1)
            {
                TryLeave();
            }
        }

        /// <summary>What the path has led to. It owns its handles.</summary>
        public WorkspaceEntry Finish()
        {
            string[] file = _entry is null ? [] : [_name];
            string[] names = [.. _folders.Skip(1).Select(static folder => folder.Name), .. file, .. _missing];
            var kind = _missing.Count > 0 ? EntryKind.Missing : _entry is null ? EntryKind.Folder : _kind;
            var folder = _folders[^1].Handle;
            var entry = new WorkspaceEntry(kind, string.Join('/', names), folder, _entry, [.. _missing]);
            _folders.RemoveAt(_folders.Count - 1);
            _entry = null;
            return entry;
        }

        public void Dispose()
        {
            _entry?.Dispose();
            foreach (var (handle, _) in _folders)
            {
                handle.Dispose();
            }
        }
    }
}
