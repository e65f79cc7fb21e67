using Gateway.Access;
using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.Settings;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>
/// Who a user is at a git provider, and what the user finds there: <c>/api/user/…</c>. Stateless. Source: PROTOCOL.md, "V0 git".
/// </summary>
internal static class UserEndpoints
{
    public static void MapUser(this IEndpointRouteBuilder endpoints)
    {
        var user = endpoints.MapGroup("/api/user")
            .RequireAccess(AccessRights.Read)
            .AddEndpointFilter(DocumentFailures.FilterAsync)
            .WithTags("Git");
        user.MapGet("info", GetInfoAsync)
            .WithName("GetGitUser").WithSummary("Who the user is at the first git provider that takes the token.");
        user.MapGet("installations", GetInstallationsAsync)
            .WithName("GetGitInstallations").WithSummary("Ids of the provider's app installations that the user can reach.");
        user.MapGet("repositories", GetRepositoriesAsync)
            .WithName("GetRepositories").WithSummary("The user's repositories, of one provider by pages or of all.");
        user.MapGet("search/repositories", SearchRepositoriesAsync)
            .WithName("SearchRepositories").WithSummary("Repositories by a part of their name, or by their address.");
        user.MapGet("suggested-tasks", GetTasksAsync)
            .WithName("GetSuggestedTasks").WithSummary("Pull requests that need work, and issues assigned to the user.");
        user.MapBranches();
        user.MapRepositoryMicroagents();
    }

    private static async Task<IResult> GetInfoAsync(HttpContext context, UserGit git)
    {
        var tokens = await git.FindTokensAsync(context.GetCaller(), context.RequestAborted);
        if (tokens.Count == 0)
        {
            return GitAnswers.TokenRequired;
        }

        return await git.FirstAsync<JObject>(tokens, async account => await account.GetUserAsync(context.RequestAborted)) is { } user
            ? ApiAnswer.Of(user)
            : GitAnswers.InvalidToken;
    }

    private static async Task<IResult> GetInstallationsAsync(HttpContext context, UserGit git)
    {
        var errors = new RequestErrors();
        var query = new RequestQuery(context.Request.Query, errors);
        query.RequiredText("provider");
        var provider = query.OptionalWord("provider", KnownGitProviders.All);
        var (tokens, refusal) = await git.FindTokensAsync(context, errors, GitAnswers.TokenRequired);
        if (refusal is not null)
        {
            return refusal;
        }

        if (provider is not (KnownGitProviders.GitHub or "bitbucket"))
        {
            return ApiAnswer.Of(
                new JValue($"Provider ProviderType.{provider?.ToUpperInvariant()} doesn't support installations"),
                StatusCodes.Status400BadRequest);
        }

        return TokenOf(tokens, provider) is { } token
            ? ApiAnswer.Of(await git.TryAsync(token, account => account.GetInstallationsAsync(context.RequestAborted)) ?? [])
            : ApiAnswer.InternalError;
    }

    private static async Task<IResult> GetRepositoriesAsync(HttpContext context, UserGit git)
    {
        var errors = new RequestErrors();
        var query = new RequestQuery(context.Request.Query, errors);
        var sort = query.OptionalText("sort") ?? "pushed";
        var provider = query.OptionalWord("selected_provider", KnownGitProviders.All);
        var page = query.OptionalInteger("page");
        var pageSize = query.OptionalInteger("per_page");
        var installation = query.OptionalText("installation_id");
        var (tokens, refusal) = await git.FindTokensAsync(context, errors, GitAnswers.TokenRequired);
        if (refusal is not null)
        {
            return refusal;
        }

        if (provider is null)
        {
            return ApiAnswer.Of(await git.AllAsync(
                tokens, (account, _) => account.GetRepositoriesAsync(sort, context.RequestAborted)));
        }

        return TokenOf(tokens, provider) is { } token && page is { } number and not 0 && pageSize is { } size and not 0
            ? await GitAnswers.OfAsync(GetPageAsync())
            : ApiAnswer.InternalError;

        async Task<JArray> GetPageAsync() =>
            await git.Open(token).GetRepositoryPageAsync(number, size, sort, installation, context.RequestAborted);
    }

    private static async Task<IResult> SearchRepositoriesAsync(HttpContext context, UserGit git)
    {
        var errors = new RequestErrors();
        var query = new RequestQuery(context.Request.Query, errors);
        var search = new RepositorySearch(
            query.RequiredText("query"),
            query.OptionalInteger("per_page") ?? 5,
            query.OptionalText("sort") ?? "stars",
            query.OptionalText("order") ?? "desc");
        var provider = query.OptionalWord("selected_provider", KnownGitProviders.All);
        var (tokens, refusal) = await git.FindTokensAsync(context, errors, GitAnswers.TokenRequiredToSearch);
        if (refusal is not null)
        {
            return refusal;
        }

        if (provider is null)
        {
            return ApiAnswer.Of(await git.AllAsync(tokens, FindAsync));
        }

        return TokenOf(tokens, provider) is { } token ? await GitAnswers.OfAsync(FindThereAsync(token)) : ApiAnswer.InternalError;

        async Task<JArray> FindThereAsync(GitToken token) => await FindAsync(git.Open(token), token);

        async Task<JArray> FindAsync(GitHubAccount account, GitToken token) =>
            new(await GitHubSearch.FindAsync(account, search, IsAddress(search.Text, token), context.RequestAborted));
    }

    private static async Task<IResult> GetTasksAsync(HttpContext context, UserGit git)
    {
        var tokens = await git.FindTokensAsync(context.GetCaller(), context.RequestAborted);
        return tokens.Count == 0
            ? GitAnswers.NoProviders
            : ApiAnswer.Of(await git.AllAsync(
                tokens, (account, _) => GitHubQueries.FindTasksAsync(account, context.RequestAborted)));
    }

    private static GitToken? TokenOf(IReadOnlyList<GitToken> tokens, string provider) =>
        tokens.FirstOrDefault(token => token.Provider == provider);

    private static bool IsAddress(string text, GitToken token) =>
        (text.StartsWith("http://", StringComparison.Ordinal) || text.StartsWith("https://", StringComparison.Ordinal))
        && ((!string.IsNullOrEmpty(token.Host) && text.Contains(token.Host, StringComparison.Ordinal))
            || text.Contains("github.com", StringComparison.Ordinal));
}
