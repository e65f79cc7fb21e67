using Gateway.Agents.V1.Upstream;
using Gateway.Conversations.Workspaces;

namespace Gateway.Agents.V1.Rest;

/// <summary>A server's refusals as a workspace's. Pure.</summary>
internal static class WorkspaceErrors
{
    public static readonly WorkspaceError NoRepository = new(WorkspaceFailure.NotAGitRepository, "", "Not a git repository");

    public static WorkspaceError Outside(string path) =>
        new(WorkspaceFailure.Outside, path, $"Invalid path: {path}. You can only work with files in the workspace.");

    public static WorkspaceError Of(RestResult result, string path = "") => new(
        result.Status == 0 ? WorkspaceFailure.Unreachable : result.IsTooLarge ? WorkspaceFailure.TooLarge : WorkspaceFailure.Failed,
        path,
        result.Problem);

    /// <summary>The refusal of a file: one that is not there, or that is a folder.</summary>
    public static WorkspaceError OfFile(RestResult result, string path) => result switch
    {
        { Status: 404, Body: not null } => new WorkspaceError(WorkspaceFailure.NotFound, path, $"File not found: {path}"),
        { Status: 400, Body: not null } => new WorkspaceError(WorkspaceFailure.NotAFile, path, $"Cannot read directory: {path}"),
        { Status: 413 } => new WorkspaceError(WorkspaceFailure.TooLarge, path, $"File too large: {path}"),
        _ => Of(result, path),
    };
}
