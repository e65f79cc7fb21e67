using System.Text.RegularExpressions;

namespace Gateway.HttpApi.Git;

/// <summary>
/// A repository at GitHub, <c>owner/name</c>. Both are safe in an address: neither has a slash in it, or is a step to another folder.
/// </summary>
internal readonly partial record struct RepositoryName(string Owner, string Name)
{
    /// <summary>Of longer paths the last two parts count.</summary>
    public static RepositoryName? Parse(string text)
    {
        var parts = text.Split('/');
        return parts.Length >= 2 && IsSafe(parts[^2]) && IsSafe(parts[^1]) ? new RepositoryName(parts[^2], parts[^1]) : null;
    }

    private static bool IsSafe(string part) => part is not ("." or "..") && Safe().IsMatch(part);

    [GeneratedRegex("^[A-Za-z0-9._-]+$")]
    private static partial Regex Safe();
}
