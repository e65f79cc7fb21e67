using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>When a write counts as done.</summary>
internal enum Durability
{
    /// <summary>The operating system has it: it survives the death of this process.</summary>
    Os,

    /// <summary>The disk has it: it survives a power cut, and costs the disk's time for each event.</summary>
    Fsync,
}

/// <summary>Where conversations are kept, and how surely.</summary>
internal sealed class FileStorageOptions
{
    public const string Section = "Storage";

    /// <summary>The root of V0's file layout; <c>~</c> is the home directory. V0's own name for it is <c>FILE_STORE_PATH</c>.</summary>
    [Required]
    public string Root { get; set; } = "~/.openhands";

    /// <summary>
    /// When an event counts as stored: <c>Os</c> survives the death of the process, <c>Fsync</c> a power cut, at the disk's time for each.
    /// </summary>
    [EnumDataType(typeof(Durability))]
    public Durability Durability { get; set; } = Durability.Os;

    /// <summary>
    /// How long one call of the file store, other than an append, or of the workspace's files may take before its caller is told that there
    /// is no answer. Above 0, at most 10 minutes.
    /// </summary>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// How long an append to a file may take before the sender is told that nobody can say whether it was stored, or, where it waited for
    /// its turn, to send it again. Above 0, at most 10 minutes. With a database its CallTimeout counts.
    /// </summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Threads that may wait for the disk at once, those that hang included. A conversation whose files hang takes up to three of them, a
    /// workspace up to eight.
    /// </summary>
    [Range(8, 1_024)]
    public int MaxThreads { get; set; } = 64;

    /// <summary>
    /// Conversations' directories that the kernel watches at most (Linux' inotify) for what other processes store; the other open
    /// conversations are looked at twice a second. 0 watches none.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MaxWatches { get; set; } = 10_000;

    /// <summary><see cref="Root"/> as a full path.</summary>
    public string ExpandedRoot()
    {
        var root = Root;
        if (root == "~" || root.StartsWith("~/", StringComparison.Ordinal))
        {
            // Unverified: a home that is not there yet is made. Told to verify, .NET answers with nothing, and the store would stand in
            // "/".
            root = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify)
                + root[1..];
        }

        return Path.GetFullPath(root);
    }
}

/// <summary>The attribute checks of <see cref="FileStorageOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class FileStorageOptionsAttributeValidator : IValidateOptions<FileStorageOptions>;

/// <summary>The checks that attributes cannot say. Collects every failure.</summary>
internal sealed class FileStorageOptionsValidator : IValidateOptions<FileStorageOptions>
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    public ValidateOptionsResult Validate(string? name, FileStorageOptions options)
    {
        var failures = new List<string>();
        foreach (var (setting, value) in new[] { (nameof(options.ReadTimeout), options.ReadTimeout),
            (nameof(options.AppendTimeout), options.AppendTimeout) })
        {
            if (value <= TimeSpan.Zero || value > s_longest)
            {
                failures.Add($"{FileStorageOptions.Section}:{setting} must be above 0 and at most {s_longest}.");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}

/// <summary>
/// The root must be there, or be possible to make, and take a file: better to learn it at start than from the first event.
/// </summary>
internal sealed class FileStorageRootValidator : IValidateOptions<FileStorageOptions>
{
    public ValidateOptionsResult Validate(string? name, FileStorageOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Root))
        {
            return ValidateOptionsResult.Skip;
        }

        try
        {
            var root = options.ExpandedRoot();
            Directory.CreateDirectory(root);
            var probe = Path.Combine(root, $".gateway-{Guid.NewGuid():N}{AtomicFile.TemporarySuffix}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return ValidateOptionsResult.Success;
        }
        catch (Exception exception) when (exception is IOException
            or UnauthorizedAccessException
            or ArgumentException
            or NotSupportedException)
        {
            return ValidateOptionsResult.Fail(
                $"{FileStorageOptions.Section}:{nameof(FileStorageOptions.Root)} '{options.Root}' cannot be written to: {exception.Message}");
        }
    }
}
