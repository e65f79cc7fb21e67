namespace Gateway.Conversations.Workspaces;

/// <summary>
/// The workspace of a conversation that has none: it is empty where V0 has an answer for that, and refuses the rest. Stateless.
/// </summary>
internal sealed class NoWorkspace : IWorkspace
{
    public static readonly NoWorkspace Instance = new();

    private NoWorkspace()
    {
    }

    public ValueTask<WorkspaceResult<IReadOnlyList<string>>> ListFilesAsync(string? path, CancellationToken cancellationToken) =>
        new(WorkspaceResult.Of<string>([]));

    public ValueTask<WorkspaceResult<string>> ReadTextAsync(string path, CancellationToken cancellationToken) =>
        new(WorkspaceError.NoWorkspace);

    public ValueTask<WorkspaceResult<WorkspaceArchive>> OpenArchiveAsync(CancellationToken cancellationToken) =>
        new(WorkspaceError.NoWorkspace);

    public ValueTask<WorkspaceResult<string>> UploadAsync(string name, Stream content, CancellationToken cancellationToken) =>
        new(WorkspaceError.NoWorkspace);

    public ValueTask<WorkspaceResult<IReadOnlyList<GitChange>>> GetChangesAsync(CancellationToken cancellationToken) =>
        new(WorkspaceError.NoWorkspace);

    public ValueTask<WorkspaceResult<GitDiff>> GetDiffAsync(string path, CancellationToken cancellationToken) =>
        new(WorkspaceError.NoWorkspace);

    public ValueTask<WorkspaceResult<string?>> GetEditorUrlAsync(CancellationToken cancellationToken) =>
        new(WorkspaceError.NoWorkspace);

    public ValueTask<WorkspaceResult<IReadOnlyList<Microagent>>> GetMicroagentsAsync(CancellationToken cancellationToken) =>
        new(WorkspaceResult.Of<Microagent>([]));
}
