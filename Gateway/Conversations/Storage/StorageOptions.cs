using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage;

/// <summary>When a write counts as done.</summary>
internal enum Durability
{
    /// <summary>The operating system has it: it survives the death of this process.</summary>
    Os,

    /// <summary>The disk has it: it survives a power cut, and costs the disk's time for each event.</summary>
    Fsync,
}

/// <summary>Where conversations are kept, and how surely.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The root of V0's file layout; <c>~</c> is the home directory. V0's own name for it is <c>FILE_STORE_PATH</c>.</summary>
    [Required]
    public string Root { get; set; } = "~/.openhands";

    [EnumDataType(typeof(Durability))]
    public Durability Durability { get; set; } = Durability.Os;

    /// <summary><see cref="Root"/> as a full path.</summary>
    public string ExpandedRoot()
    {
        var root = Root;
        if (root == "~" || root.StartsWith("~/", StringComparison.Ordinal))
        {
            // Unverified: a home that is not there yet is made. Told to verify, .NET answers with nothing, and the store would stand in "/".
            root = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify) + root[1..];
        }

        return Path.GetFullPath(root);
    }
}

/// <summary>The attribute checks of <see cref="StorageOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class StorageOptionsAttributeValidator : IValidateOptions<StorageOptions>;

/// <summary>The root must be there, or be possible to make, and take a file: better to learn it at start than from the first event.</summary>
internal sealed class StorageRootValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return ValidateOptionsResult.Fail(
                $"{StorageOptions.Section}:{nameof(StorageOptions.Root)} '{options.Root}' cannot be written to: {exception.Message}");
        }
    }
}
