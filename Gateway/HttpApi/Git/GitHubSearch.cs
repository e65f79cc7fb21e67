using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>
/// How V0 looks for repositories by a few letters: at an address, of an owner, or among the user's own and those of the user's
/// organizations. Stateless; any thread.
/// </summary>
internal static class GitHubSearch
{
    // Of an organization whose own name fits, its most starred ones.
    private const int TopRepositories = 2;

    /// <param name="isAddress">The text is the address of a repository's page.</param>
    public static async Task<IReadOnlyList<JObject>> FindAsync(
        GitHubAccount account, RepositorySearch search, bool isAddress, CancellationToken cancellationToken)
    {
        if (isAddress)
        {
            // https: / / host / owner / name
            return search.Text.Split('/') is [_, _, _, var owner, var name, ..]
                ? await AskAsync(account, search, $"in:name {owner}/{name} is:public", cancellationToken)
                : [];
        }

        if (search.Text.Split('/', 2) is [var organization, var rest])
        {
            return await AskAsync(account, search, $"org:{organization} in:name {rest}", cancellationToken);
        }

        return await FindOwnAsync(account, search, cancellationToken);
    }

    private static async Task<IReadOnlyList<JObject>> FindOwnAsync(
        GitHubAccount account, RepositorySearch search, CancellationToken cancellationToken)
    {
        var user = await account.GetUserAsync(cancellationToken);
        var organizations = await TryAsync(account.GetOrganizationsAsync(cancellationToken)) ?? [];
        var found = new List<JObject>();
        found.AddRange(await TryAsync(
            AskAsync(account, search, $"in:name {search.Text} user:{user.Text("login")}", cancellationToken)) ?? []);
        foreach (var organization in organizations)
        {
            found.AddRange(await TryAsync(
                AskAsync(account, search, $"{search.Text} org:{organization}", cancellationToken)) ?? []);
        }

        foreach (var organization in organizations.Where(organization => IsLike(search.Text, organization)))
        {
            var top = search with { PageSize = TopRepositories, Sort = "stars" };
            found.AddRange(await TryAsync(AskAsync(account, top, $"org:{organization}", cancellationToken)) ?? []);
        }

        return [.. found.DistinctBy(static repository => repository.Text("id"))];
    }

    private static Task<IReadOnlyList<JObject>> AskAsync(
        GitHubAccount account, RepositorySearch search, string query, CancellationToken cancellationToken) =>
        account.SearchAsync(query, search.PageSize, search.Sort, search.Order, cancellationToken);

    /// <summary>One search that fails does not take the others' finds away.</summary>
    private static async Task<T?> TryAsync<T>(Task<T> search)
        where T : class
    {
        try
        {
            return await search;
        }
        catch (GitProviderException)
        {
            return null;
        }
    }

    private static bool IsLike(string text, string organization)
    {
        var (a, b) = (Letters(text), Letters(organization));
        return a.Contains(b, StringComparison.Ordinal) || b.Contains(a, StringComparison.Ordinal);
    }

    private static string Letters(string text) =>
        new([.. text.ToLowerInvariant().Where(static c => c is not ('-' or '_' or ' '))]);
}

/// <summary>What a user looks for. Immutable.</summary>
internal sealed record RepositorySearch(string Text, int PageSize, string Sort, string Order);
