using Gateway.HttpApi.Settings;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>GitHub's objects in V0's form, fields in V0's order. Pure.</summary>
internal static class GitHubJson
{
    public static string Id(JObject json) => json["id"]?.ToString() ?? "";

    public static JObject User(JObject user) => new()
    {
        ["id"] = Id(user),
        ["login"] = user.Text("login"),
        ["avatar_url"] = user.Text("avatar_url"),
        ["company"] = user.TextOrNull("company"),
        ["name"] = user.TextOrNull("name"),
        ["email"] = user.TextOrNull("email"),
    };

    /// <param name="links">The <c>Link</c> header of the page that it stands on; null where V0 does not tell it.</param>
    public static JObject Repository(JObject repository, string? links = null) => new()
    {
        ["id"] = Id(repository),
        ["full_name"] = repository.Text("full_name"),
        ["git_provider"] = KnownGitProviders.GitHub,
        ["is_public"] = repository.Member("private") is JValue { Value: false },
        ["stargazers_count"] = repository.Integer("stargazers_count"),
        ["link_header"] = links,

        // V0 knows it, and says it for no repository of GitHub's.
        ["pushed_at"] = null,
        ["owner_type"] = repository.Member("owner").Text("type") == "Organization" ? "organization" : "user",
        ["main_branch"] = repository.TextOrNull("default_branch"),
    };

    public static JObject Branch(JObject branch) => new()
    {
        ["name"] = branch.Text("name"),
        ["commit_sha"] = branch.Member("commit").Text("sha"),
        ["protected"] = branch.Flag("protected"),
        ["last_push_date"] = branch.Member("commit").Member("commit").Member("committer").TextOrNull("date"),
    };
}
