using System.Globalization;

using Gateway.Conversations.Storage;
using Gateway.HttpApi.Conventions;

namespace Gateway.HttpApi.Conversations;

/// <summary>
/// A task that V0's first page offers from a git provider, and the message to the agent that is made of it. Immutable. Source: PROTOCOL.md,
/// "V0 conversations".
/// </summary>
internal sealed record SuggestedTask(string Provider, string TaskType, string Repository, long Number, string Title)
{
    private static readonly string[] s_types =
        ["MERGE_CONFLICTS", "FAILING_CHECKS", "UNRESOLVED_COMMENTS", "OPEN_ISSUE", "OPEN_PR", "CREATE_MICROAGENT"];

    /// <summary>Faults are in the fields' errors; the result is then of no use.</summary>
    public static SuggestedTask Read(RequestFields fields) => new(
        RequestWords.Required(fields, "git_provider", MetadataRules.Providers),
        RequestWords.Required(fields, "task_type", s_types),
        fields.RequiredText("repo"),
        RequiredInteger(fields, "issue_number"),
        fields.RequiredText("title"));

    /// <summary>What the agent is told.</summary>
    public string Message()
    {
        var (site, token, request) = Provider switch
        {
            "gitlab" => ("GitLab", "GITLAB_TOKEN", "merge request"),
            "bitbucket" => ("Bitbucket", "BITBUCKET_TOKEN", "pull request"),
            _ => ("GitHub", "GITHUB_TOKEN", "pull request"),
        };
        var number = string.Create(CultureInfo.InvariantCulture, $"#{Number}");
        var how = $"Read it through the API of {site}; the token is in the environment variable {token}.";
        return TaskType switch
        {
            "MERGE_CONFLICTS" =>
                $"The {request} {number} of {Repository} has merge conflicts. {how} "
                + "Merge its base branch into it, resolve the conflicts, and push.",
            "FAILING_CHECKS" =>
                $"Checks of the {request} {number} of {Repository} fail. {how} Find out why, mend it on its branch, and push.",
            "UNRESOLVED_COMMENTS" =>
                $"Reviewers have left comments on the {request} {number} of {Repository}. {how} "
                + "Deal with each of them on its branch, and push.",
            "OPEN_PR" => $"Go on with the {request} {number} of {Repository}. {how}",
            "CREATE_MICROAGENT" => $"Write a microagent for the repository {Repository}: {Title}",
            _ => $"Fix the issue {number} of {Repository}. {how} Work on a new branch, then open a {request} that names the issue.",
        };
    }

    private static long RequiredInteger(RequestFields fields, string name)
    {
        switch (fields.Json[name])
        {
            case null:
                fields.Errors.Missing(fields.LocationOf(name), fields.Json);
                return 0;
            case { Type: Newtonsoft.Json.Linq.JTokenType.Null } nothing:
                fields.Errors.Add("int_type", fields.LocationOf(name), "Input should be a valid integer", nothing);
                return 0;
            default:
                return fields.OptionalInteger(name) ?? 0;
        }
    }
}
