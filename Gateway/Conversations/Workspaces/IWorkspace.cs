namespace Gateway.Conversations.Workspaces;

/// <summary>
/// The files that a conversation's agent works on, wherever they are: a folder of this machine, a sandbox behind another server, or none.
/// Any thread; every call may wait for another machine and ends with its token. What a client may cause, and a server behind that does not
/// answer, is a <see cref="WorkspaceError"/> and never an exception; <see cref="IOException"/> and
/// <see cref="UnauthorizedAccessException"/> are the disk's.
/// </summary>
/// <remarks>
/// Paths come as clients write them: relative to the workspace, or absolute as answers name them. Answers name files by absolute paths as
/// the agent sees them, with <c>/</c> (V0: <c>/workspace/name</c>), and never by a path of this machine that an agent does not know.
/// </remarks>
internal interface IWorkspace
{
    /// <summary>
    /// The names directly in a folder, as absolute paths, without those that the workspace's <c>.gitignore</c> leaves out. A folder that
    /// is not there is empty, as with V0.
    /// </summary>
    /// <param name="path">Null or empty for the workspace itself.</param>
    ValueTask<WorkspaceResult<IReadOnlyList<string>>> ListFilesAsync(string? path, CancellationToken cancellationToken);

    /// <summary>A file's text, line ends as line feeds; what is no UTF-8 is shown as replacement characters, as with V0.</summary>
    ValueTask<WorkspaceResult<string>> ReadTextAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Everything in the workspace as a ZIP. What is found wrong before the first byte is an error; what fails afterwards throws from
    /// <see cref="WorkspaceArchive.WriteAsync"/>.
    /// </summary>
    ValueTask<WorkspaceResult<WorkspaceArchive>> OpenArchiveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores a file, byte for byte: whole or not at all, in place of an older one of that name. Folders that are missing are made.
    /// <paramref name="content"/> is read once, to its end, and what it throws is thrown.
    /// </summary>
    /// <returns>The absolute path by which the agent finds it.</returns>
    ValueTask<WorkspaceResult<string>> UploadAsync(string name, Stream content, CancellationToken cancellationToken);

    /// <summary>
    /// What differs from the remote's branch, or without one from nothing, in the order of the paths. Empty where nothing does.
    /// </summary>
    ValueTask<WorkspaceResult<IReadOnlyList<GitChange>>> GetChangesAsync(CancellationToken cancellationToken);

    /// <summary>One file of <see cref="GetChangesAsync"/>, or any other that lies in a repository, then and now.</summary>
    ValueTask<WorkspaceResult<GitDiff>> GetDiffAsync(string path, CancellationToken cancellationToken);

    /// <summary>Where an editor shows the workspace; null when there is none.</summary>
    ValueTask<WorkspaceResult<string?>> GetEditorUrlAsync(CancellationToken cancellationToken);

    /// <summary>What the agent was told about the workspace (V0's microagents, V1's skills).</summary>
    ValueTask<WorkspaceResult<IReadOnlyList<Microagent>>> GetMicroagentsAsync(CancellationToken cancellationToken);
}
