using System.Diagnostics.CodeAnalysis;

namespace Gateway.Conversations.Workspaces;

/// <summary>Why a workspace did not do what it was asked.</summary>
internal enum WorkspaceFailure
{
    /// <summary>No such file, or no such folder on the way to it.</summary>
    NotFound,

    /// <summary>A folder, or something else that is no file.</summary>
    NotAFile,

    /// <summary>The path leads outside of the workspace.</summary>
    Outside,

    /// <summary>No text.</summary>
    Binary,

    /// <summary>Larger than what is served or taken.</summary>
    TooLarge,

    /// <summary>No repository there, or none that git can read.</summary>
    NotAGitRepository,

    /// <summary>The workspace, or the server that has it, did not answer, or not in time.</summary>
    Unreachable,

    /// <summary>There is no workspace, or it cannot do this.</summary>
    Unsupported,

    /// <summary>It was tried and failed: the disk, a program, an answer that nobody understands.</summary>
    Failed,
}

/// <summary>A refusal. Immutable.</summary>
/// <param name="Failure">What kind of refusal.</param>
/// <param name="Path">The file as answers name it; empty where none was named.</param>
/// <param name="Message">In V0's words where V0 has some, to be told to the client: no path of this machine, no host, no secret.</param>
internal sealed record WorkspaceError(WorkspaceFailure Failure, string Path, string Message)
{
    public static readonly WorkspaceError NoWorkspace = new(WorkspaceFailure.Unsupported, "", "There is no workspace.");
}

/// <summary>What a workspace gives: a value, or why there is none. Immutable.</summary>
internal readonly record struct WorkspaceResult<T>
{
    private readonly T? _value;

    private WorkspaceResult(T? value, WorkspaceError? error)
    {
        _value = value;
        Error = error;
    }

    public WorkspaceError? Error { get; }

    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out WorkspaceError? error)
    {
        value = _value;
        error = Error;
        return error is null;
    }

    public static implicit operator WorkspaceResult<T>(T value) => new(value, null);

    public static implicit operator WorkspaceResult<T>(WorkspaceError error) => new(default, error);
}

/// <summary>Makes results where the type's own conversion cannot: an interface's, such as a list's. Pure.</summary>
internal static class WorkspaceResult
{
    public static WorkspaceResult<IReadOnlyList<T>> Of<T>(IEnumerable<T> values) => values.ToArray();
}
