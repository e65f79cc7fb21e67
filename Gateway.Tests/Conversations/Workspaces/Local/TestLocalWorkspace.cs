using Gateway.Conversations.Storage.Files;
using Gateway.Conversations.Workspaces;
using Gateway.Conversations.Workspaces.Local;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Workspaces.Local;

/// <summary>A workspace over a folder of one test. The test disposes it.</summary>
internal sealed class TestLocalWorkspace : IDisposable
{
    private readonly GitProgram _git;

    /// <param name="configure">Changes the settings.</param>
    /// <param name="readTimeout">How long its files may take; the store's own limit unless given.</param>
    public TestLocalWorkspace(Action<WorkspaceOptions>? configure = null, TimeSpan? readTimeout = null)
    {
        var options = new WorkspaceOptions { Root = Folder.Root };
        configure?.Invoke(options);
        _git = new GitProgram(options);
        Tree = new WorkspaceTree(Folder.Root, options.MountPath);
        var storage = new FileStorageOptions { ReadTimeout = readTimeout ?? new FileStorageOptions().ReadTimeout };
        Threads = new StorageThreads(Options.Create(storage), TimeProvider.System, NullLogger<StorageThreads>.Instance);
        Workspace = new LocalWorkspace(options, Tree, _git, new WorkspaceCalls(Threads));
    }

    public StorageThreads Threads { get; }

    public TestWorkspace Folder { get; } = new();

    public WorkspaceTree Tree { get; }

    public IWorkspace Workspace { get; }

    public async Task<IReadOnlyList<string>> ListAsync(string? path = null) => Value(await Workspace.ListFilesAsync(path, default));

    public async Task<string> ChangesAsync()
    {
        var changes = Value(await Workspace.GetChangesAsync(default).AsTask().WaitAsync(TestLimits.Step));
        return string.Join(' ', changes.Select(static change => $"{change.Letter}:{change.Path}"));
    }

    public async Task<WorkspaceResult<string>> UploadAsync(string name, byte[] content)
    {
        using var stream = new MemoryStream(content);
        return await Workspace.UploadAsync(name, stream, default);
    }

    public static T Value<T>(WorkspaceResult<T> result)
    {
        result.Error.Should().BeNull();
        return result.TryGet(out var value, out _) ? value : throw new InvalidOperationException("No value and no error.");
    }

    public void Dispose()
    {
        Threads.Dispose();
        _git.Dispose();
        Folder.Dispose();
    }
}
