namespace Gateway.Conversations.Workspaces;

/// <summary>How a file differs, by V0's letters.</summary>
internal enum GitChangeStatus
{
    Modified,
    Added,
    Deleted,
    Renamed,
    Unmerged,
}

/// <summary>One changed file. Immutable.</summary>
/// <param name="Status">How it differs.</param>
/// <param name="Path">Relative to the workspace, as git writes it: with quotes and escapes where it is no plain ASCII.</param>
internal sealed record GitChange(GitChangeStatus Status, string Path)
{
    public string Letter => Status switch
    {
        GitChangeStatus.Modified => "M",
        GitChangeStatus.Added => "A",
        GitChangeStatus.Deleted => "D",
        GitChangeStatus.Renamed => "R",
        GitChangeStatus.Unmerged => "U",
        _ => throw new InvalidOperationException($"A change without a letter: {Status}."),
    };
}

/// <summary>A file's text now and in what it is compared with; empty where it is not there. Immutable.</summary>
internal sealed record GitDiff(string Modified, string Original);

/// <summary>A text that the agent is given about a workspace. Immutable.</summary>
/// <param name="Name">Its name, which is its file's when it does not say one.</param>
/// <param name="Type"><c>repo</c>: always; <c>knowledge</c>: when a trigger is mentioned.</param>
/// <param name="Content">The text.</param>
/// <param name="Triggers">Words of the user's that bring it in.</param>
/// <param name="Inputs">What the user is asked for.</param>
/// <param name="Tools">Names of the MCP servers that it brings.</param>
internal sealed record Microagent(
    string Name,
    string Type,
    string Content,
    IReadOnlyList<string> Triggers,
    IReadOnlyList<MicroagentInput> Inputs,
    IReadOnlyList<string> Tools);

/// <summary>Something that a microagent asks its user for. Immutable.</summary>
internal sealed record MicroagentInput(string Name, string Description);

/// <summary>
/// A ZIP that is made, or fetched, while it is written out. Used once, by one caller, who disposes it whether or not it was written.
/// </summary>
internal abstract class WorkspaceArchive : IAsyncDisposable
{
    /// <summary>Writes all of it. The stream takes no synchronous writes, and stays open.</summary>
    public abstract Task WriteAsync(Stream output, CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
