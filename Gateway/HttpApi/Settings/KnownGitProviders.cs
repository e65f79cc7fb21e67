namespace Gateway.HttpApi.Settings;

/// <summary>The git providers that V0 knows by name. Pure.</summary>
internal static class KnownGitProviders
{
    public const string GitHub = "github";

    /// <summary>In V0's order.</summary>
    public static readonly IReadOnlyList<string> All = [GitHub, "gitlab", "bitbucket", "enterprise_sso"];

    public static bool IsKnown(string name) => All.Contains(name, StringComparer.Ordinal);
}
