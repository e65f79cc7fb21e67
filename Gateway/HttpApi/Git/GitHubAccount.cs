using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

using Octokit;

namespace Gateway.HttpApi.Git;

/// <summary>
/// What V0 asks of GitHub with one user's token, answered in V0's form. Answers are read as JSON of any shape: what is not there is empty.
/// Any thread. Each call fails with a <see cref="GitProviderException"/>, or with the token.
/// </summary>
internal sealed class GitHubAccount(IConnection connection, Uri graphQl)
{
    public const int MaxPageSize = 100;
    private const int MaxRepositories = 1_000;
    private const int MaxBranches = 5_000;

    /// <summary>Fails when GitHub does not take the token.</summary>
    public Task VerifyAsync(CancellationToken cancellationToken) => GetAsync("", [], cancellationToken);

    public async Task<JObject> GetUserAsync(CancellationToken cancellationToken) =>
        GitHubJson.User((await GetAsync("user", [], cancellationToken)).Json as JObject ?? throw Unreadable());

    /// <summary>Ids of the app's installations that the user can reach.</summary>
    public async Task<JArray> GetInstallationsAsync(CancellationToken cancellationToken)
    {
        var (json, _) = await GetAsync("user/installations", [], cancellationToken);
        return new JArray(json.Objects("installations").Select(static installation => GitHubJson.Id(installation)));
    }

    /// <summary>All of the user's repositories, a thousand at most.</summary>
    public async Task<JArray> GetRepositoriesAsync(string sort, CancellationToken cancellationToken) =>
        new((await GetAllAsync("user/repos", new() { ["sort"] = sort }, MaxRepositories, cancellationToken))
            .Select(static repository => GitHubJson.Repository(repository)));

    /// <summary>One page of the user's repositories, or of those of an installation.</summary>
    public async Task<JArray> GetRepositoryPageAsync(
        int page, int pageSize, string sort, string? installation, CancellationToken cancellationToken)
    {
        var parameters = new Dictionary<string, string> { ["page"] = Text(page), ["per_page"] = Text(pageSize) };
        if (!string.IsNullOrEmpty(installation))
        {
            var path = $"user/installations/{Uri.EscapeDataString(installation)}/repositories";
            var (those, theirLinks) = await GetAsync(path, parameters, cancellationToken);
            return new JArray(those.Objects("repositories").Select(repository => GitHubJson.Repository(repository, theirLinks)));
        }

        parameters["sort"] = sort;
        var (json, links) = await GetAsync("user/repos", parameters, cancellationToken);
        return new JArray(ObjectsOf(json).Select(repository => GitHubJson.Repository(repository, links)));
    }

    /// <summary>The repositories that GitHub finds for a search in its own language.</summary>
    public async Task<IReadOnlyList<JObject>> SearchAsync(
        string search, int pageSize, string sort, string order, CancellationToken cancellationToken)
    {
        var (json, _) = await GetAsync(
            "search/repositories",
            new() { ["per_page"] = Text(pageSize), ["sort"] = sort, ["order"] = order, ["q"] = search },
            cancellationToken);
        return [.. json.Objects("items").Select(static repository => GitHubJson.Repository(repository))];
    }

    public async Task<IReadOnlyList<string>> GetOrganizationsAsync(CancellationToken cancellationToken) =>
        [.. ObjectsOf((await GetAsync("user/orgs", [], cancellationToken)).Json)
            .Select(static organization => organization.Text("login"))
            .Where(static login => login.Length > 0)];

    public async Task<JObject> GetRepositoryAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        var (json, _) = await GetAsync($"repos/{repository.Owner}/{repository.Name}", [], cancellationToken);
        return json is JObject found ? GitHubJson.Repository(found) : throw Unreadable();
    }

    public async Task<JObject> GetBranchPageAsync(
        RepositoryName repository, int page, int pageSize, CancellationToken cancellationToken)
    {
        var (json, links) = await GetAsync(
            BranchesOf(repository), new() { ["per_page"] = Text(pageSize), ["page"] = Text(page) }, cancellationToken);
        return new JObject
        {
            ["branches"] = new JArray(ObjectsOf(json).Select(GitHubJson.Branch)),
            ["has_next_page"] = HasNextPage(links),
            ["current_page"] = page,
            ["per_page"] = pageSize,
            ["total_count"] = null,
        };
    }

    public async Task<JArray> GetAllBranchesAsync(RepositoryName repository, CancellationToken cancellationToken) =>
        new((await GetAllAsync(BranchesOf(repository), [], MaxBranches, cancellationToken)).Select(GitHubJson.Branch));

    /// <summary>What is in a folder of a repository, or the one file.</summary>
    public async Task<IReadOnlyList<JObject>> GetContentsAsync(
        RepositoryName repository, string path, CancellationToken cancellationToken)
    {
        var escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        var (json, _) = await GetAsync($"repos/{repository.Owner}/{repository.Name}/contents/{escaped}", [], cancellationToken);
        return json is JObject file ? [file] : [.. ObjectsOf(json)];
    }

    /// <summary>The <c>data</c> of a GraphQL answer.</summary>
    public async Task<JToken?> QueryAsync(string query, Dictionary<string, object> variables, CancellationToken cancellationToken)
    {
        var (json, _) = await ReadAsync(
            connection.Post<object>(
                graphQl,
                new Dictionary<string, object> { ["query"] = query, ["variables"] = variables },
                "application/json",
                "application/json",
                new Dictionary<string, string>(),
                cancellationToken),
            cancellationToken);
        return json.Member("errors") is null
            ? json.Member("data")
            : throw new GitProviderException(GitProviderFailure.Other, "GraphQL query error");
    }

    private async Task<List<JObject>> GetAllAsync(
        string path, Dictionary<string, string> parameters, int limit, CancellationToken cancellationToken)
    {
        var all = new List<JObject>();
        for (var page = 1; all.Count < limit; page++)
        {
            var (json, links) = await GetAsync(
                path, new(parameters) { ["per_page"] = Text(MaxPageSize), ["page"] = Text(page) }, cancellationToken);
            var count = all.Count;
            all.AddRange(ObjectsOf(json).Take(limit - count));
            if (all.Count == count || !HasNextPage(links))
            {
                break;
            }
        }

        return all;
    }

    private Task<(JToken Json, string Links)> GetAsync(
        string path, Dictionary<string, string> parameters, CancellationToken cancellationToken) =>
        ReadAsync(connection.Get<object>(new Uri(path, UriKind.Relative), parameters, null, cancellationToken), cancellationToken);

    private static async Task<(JToken Json, string Links)> ReadAsync(
        Task<IApiResponse<object>> call, CancellationToken cancellationToken)
    {
        var response = (await GitHubConnections.CallAsync(call, cancellationToken)).HttpResponse;
        return (
            JsonTree.ReadOrNull(response.Body as string ?? "") ?? throw Unreadable(),
            response.Headers.GetValueOrDefault("Link", ""));
    }

    private static IEnumerable<JObject> ObjectsOf(JToken json) => (json as JArray ?? throw Unreadable()).OfType<JObject>();

    private static GitProviderException Unreadable() => new(GitProviderFailure.Other, "Unknown error: no answer of the github API");

    private static string BranchesOf(RepositoryName repository) => $"repos/{repository.Owner}/{repository.Name}/branches";

    private static bool HasNextPage(string links) => links.Contains("rel=\"next\"", StringComparison.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
