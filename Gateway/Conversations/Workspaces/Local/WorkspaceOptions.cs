using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>The folder of this machine that conversations work on, section <c>Workspace</c>. Read once, at start.</summary>
internal sealed class WorkspaceOptions
{
    public const string Section = "Workspace";

    /// <summary>
    /// The folder, one for all conversations as with V0; nothing outside of it is read or written. Null: conversations whose agent brings
    /// no workspace have none. V0's own name for it is <c>WORKSPACE_BASE</c>.
    /// </summary>
    public string? Root { get; set; }

    /// <summary>
    /// How the agent, and so every answer, names that folder. V0's own name for it is <c>WORKSPACE_MOUNT_PATH_IN_SANDBOX</c>.
    /// </summary>
    [Required]
    [RegularExpression("/[^\0]*[^/\0]", ErrorMessage = "Workspace:MountPath must be an absolute path without a slash at its end.")]
    public string MountPath { get; set; } = "/workspace";

    /// <summary>Largest file that is shown as text.</summary>
    [Range(1_024, 1_024 * 1_024 * 1_024)]
    public int MaxTextBytes { get; set; } = 16 * 1_024 * 1_024;

    /// <summary>All files of a workspace that is still sent as a ZIP.</summary>
    [Range(1_024, 1_024L * 1_024 * 1_024 * 1_024)]
    public long MaxArchiveBytes { get; set; } = 4L * 1_024 * 1_024 * 1_024;

    /// <summary>Names in one answer: files of a folder, of a ZIP, changes of the repositories.</summary>
    [Range(100, 10_000_000)]
    public int MaxEntries { get; set; } = 100_000;

    /// <summary>The git program, by name or by path. Without one, changes are answered as for a workspace without git.</summary>
    [Required]
    public string GitProgram { get; set; } = "git";

    /// <summary>How long git may take for one answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan GitTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary><see cref="Root"/> as a full path; <c>~</c> is the home directory.</summary>
    public string? ExpandedRoot()
    {
        if (string.IsNullOrWhiteSpace(Root))
        {
            return null;
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return Path.GetFullPath(Root == "~" || Root.StartsWith("~/", StringComparison.Ordinal) ? home + Root[1..] : Root);
    }
}

/// <summary>Each setting on its own. Source-generated; stateless.</summary>
[OptionsValidator]
internal sealed partial class WorkspaceOptionsAttributeValidator : IValidateOptions<WorkspaceOptions>;

/// <summary>
/// The folder must be there, or be possible to make, as V0 makes it; and it must hold neither the whole machine nor the store, whose
/// secrets would be open to everybody who may read a conversation's files. Stateless.
/// </summary>
/// <param name="storeRoot">Where the store is; null when it stands in no folder.</param>
internal sealed class WorkspaceRootValidator(string? storeRoot) : IValidateOptions<WorkspaceOptions>
{
    private const string Setting = $"{WorkspaceOptions.Section}:{nameof(WorkspaceOptions.Root)}";

    public ValidateOptionsResult Validate(string? name, WorkspaceOptions options)
    {
        try
        {
            return options.ExpandedRoot() is { } root && FindProblem(root) is { } problem
                ? ValidateOptionsResult.Fail($"{Setting} '{options.Root}' {problem}")
                : ValidateOptionsResult.Success;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return ValidateOptionsResult.Fail($"{Setting} '{options.Root}' cannot be used: {exception.Message}");
        }
    }

    private string? FindProblem(string root)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "is served on Linux alone: elsewhere a path cannot be followed safely.";
        }

        Directory.CreateDirectory(root);
        var real = RealPath(root);
        if (real == "/")
        {
            return "is the whole machine.";
        }

        var holdsStore = storeRoot is not null
            && Directory.Exists(storeRoot)
            && $"{RealPath(storeRoot)}/".StartsWith($"{real}/", StringComparison.Ordinal);
        return holdsStore
            ? "holds the store (Storage:Root), whose secrets would be open to everybody who may read files."
            : null;
    }

    private static string RealPath(string folder)
    {
        using var handle = NativeTree.OpenRoot(folder);
        return NativeTree.PathOf(handle);
    }
}
