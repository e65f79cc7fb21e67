namespace Gateway.Conversations.Storage;

/// <summary>Which store there is.</summary>
internal enum StorageKind
{
    /// <summary>V0's file layout on this machine.</summary>
    Files,

    /// <summary>A PostgreSQL database, which several gateways may share.</summary>
    Postgres,
}

/// <summary>Where conversations, users' settings and their secrets are kept, and how surely.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The store: <c>Files</c> in V0's layout below the root, or <c>Postgres</c>, which several gateways may share.</summary>
    public StorageKind Kind { get; set; } = StorageKind.Files;

    /// <summary>
    /// The kind that the settings name; a text that is none counts as the default, and is reported by the check of settings.
    /// </summary>
    public static StorageKind KindOf(IConfiguration configuration) =>
        Enum.TryParse<StorageKind>(configuration[$"{Section}:{nameof(Kind)}"], ignoreCase: true, out var kind) && Enum.IsDefined(kind)
            ? kind
            : StorageKind.Files;
}
