using Gateway.HttpApi.Settings;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>What only GitHub's GraphQL answers: branches by a part of their name, and what there is to do. Stateless; any thread.</summary>
internal static class GitHubQueries
{
    private const string Branches =
        """
        query ($owner: String!, $name: String!, $part: String!, $count: Int!) {
          repository(owner: $owner, name: $name) {
            refs(refPrefix: "refs/heads/", query: $part, first: $count, orderBy: {field: ALPHABETICAL, direction: ASC}) {
              nodes { name target { __typename ... on Commit { oid committedDate } } branchProtectionRule { id } }
            }
          }
        }
        """;

    private const string PullRequests =
        """
        query ($login: String!) {
          user(login: $login) {
            pullRequests(first: 50, states: [OPEN], orderBy: {field: UPDATED_AT, direction: DESC}) {
              nodes {
                number
                title
                repository { nameWithOwner }
                mergeable
                commits(last: 1) { nodes { commit { statusCheckRollup { state } } } }
                reviews(first: 50, states: [CHANGES_REQUESTED, COMMENTED]) { nodes { state } }
              }
            }
          }
        }
        """;

    private const string Issues =
        """
        query ($login: String!) {
          user(login: $login) {
            issues(first: 50, states: [OPEN], filterBy: {assignee: $login}, orderBy: {field: UPDATED_AT, direction: DESC}) {
              nodes { number title repository { nameWithOwner } }
            }
          }
        }
        """;

    public static async Task<JArray> FindBranchesAsync(
        GitHubAccount account, RepositoryName repository, string part, int count, CancellationToken cancellationToken)
    {
        var data = await account.QueryAsync(
            Branches,
            new()
            {
                ["owner"] = repository.Owner,
                ["name"] = repository.Name,
                ["part"] = part,
                ["count"] = Math.Clamp(count, 1, GitHubAccount.MaxPageSize),
            },
            cancellationToken);
        return new JArray(data.Member("repository").Member("refs").Objects("nodes").Select(Branch));
    }

    /// <summary>
    /// The user's pull requests that need work, and the issues that are assigned to the user. What cannot be asked is left out.
    /// </summary>
    public static async Task<JArray> FindTasksAsync(GitHubAccount account, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, object>
        {
            ["login"] = (await account.GetUserAsync(cancellationToken)).Text("login"),
        };
        var requests = await NodesAsync(account, PullRequests, "pullRequests", variables, cancellationToken);
        var issues = await NodesAsync(account, Issues, "issues", variables, cancellationToken);
        return new JArray(requests
            .Select(static request => (Node: request, Type: WorkOn(request)))
            .Where(static task => task.Type is not null)
            .Concat(issues.Select(static issue => (Node: issue, Type: (string?)"OPEN_ISSUE")))
            .Select(static task => new JObject
            {
                ["git_provider"] = KnownGitProviders.GitHub,
                ["task_type"] = task.Type,
                ["repo"] = task.Node.Member("repository").Text("nameWithOwner"),
                ["issue_number"] = task.Node.Copy("number"),
                ["title"] = task.Node.Text("title"),
            }));
    }

    private static async Task<IReadOnlyList<JObject>> NodesAsync(
        GitHubAccount account, string query, string field, Dictionary<string, object> variables, CancellationToken cancellationToken)
    {
        try
        {
            var data = await account.QueryAsync(query, variables, cancellationToken);
            return [.. data.Member("user").Member(field).Objects("nodes")];
        }
        catch (GitProviderException)
        {
            return [];
        }
    }

    /// <summary>What a pull request needs; null when it needs nothing.</summary>
    private static string? WorkOn(JObject request)
    {
        if (request.Text("mergeable") == "CONFLICTING")
        {
            return "MERGE_CONFLICTS";
        }

        var lastCommit = request.Member("commits").Objects("nodes").FirstOrDefault();
        if (lastCommit.Member("commit").Member("statusCheckRollup").Text("state") == "FAILURE")
        {
            return "FAILING_CHECKS";
        }

        return request.Member("reviews").Objects("nodes").Any(static review => review.Text("state") is "CHANGES_REQUESTED" or "COMMENTED")
            ? "UNRESOLVED_COMMENTS"
            : null;
    }

    private static JObject Branch(JObject node)
    {
        var commit = node.Member("target") is { } target && target.Text("__typename") == "Commit" ? target : null;
        return new JObject
        {
            ["name"] = node.Text("name"),
            ["commit_sha"] = commit.Text("oid"),
            ["protected"] = node.Object("branchProtectionRule") is not null,
            ["last_push_date"] = commit.TextOrNull("committedDate"),
        };
    }
}
