using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.Settings;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>
/// A repository's branches: <c>/api/user/repository/branches</c> and <c>/api/user/search/branches</c>. Stateless. Source: PROTOCOL.md,
/// "V0 git".
/// </summary>
internal static class BranchEndpoints
{
    private const int DefaultPageSize = 30;

    public static void MapBranches(this IEndpointRouteBuilder user)
    {
        user.MapGet("repository/branches", ListAsync)
            .WithName("GetBranches").WithSummary("A repository's branches: by pages, or all where no page is asked for.");
        user.MapGet("search/branches", SearchAsync)
            .WithName("SearchBranches").WithSummary("A repository's branches by a part of their name.");
    }

    private static async Task<IResult> ListAsync(HttpContext context, UserGit git)
    {
        var errors = new RequestErrors();
        var query = new RequestQuery(context.Request.Query, errors);
        var repository = query.RequiredText("repository");
        var page = query.OptionalInteger("page") ?? 1;
        var pageSize = query.OptionalInteger("per_page") ?? DefaultPageSize;
        var (tokens, refusal) = await git.FindTokensAsync(context, errors, GitAnswers.TokenRequired);
        if (refusal is not null)
        {
            return refusal;
        }

        var name = RepositoryName.Parse(repository);

        // Web UIs before 0.55 know no pages, and want a list.
        if (!query.Has("page"))
        {
            return ApiAnswer.Of(
                await git.FirstAsync<JArray>(tokens, async account => name is { } known
                    ? await account.GetAllBranchesAsync(known, context.RequestAborted)
                    : null)
                ?? []);
        }

        return ApiAnswer.Of(
            await git.FirstAsync<JObject>(tokens, async account => name is { } known
                ? await account.GetBranchPageAsync(known, page, pageSize, context.RequestAborted)
                : null)
            ?? Empty(page, pageSize));
    }

    private static async Task<IResult> SearchAsync(HttpContext context, UserGit git, RepositoryAccess access)
    {
        var errors = new RequestErrors();
        var query = new RequestQuery(context.Request.Query, errors);
        var repository = query.RequiredText("repository");
        var part = query.RequiredText("query");
        var count = query.OptionalInteger("per_page") ?? DefaultPageSize;
        var provider = query.OptionalWord("selected_provider", KnownGitProviders.All);
        var (tokens, refusal) = await git.FindTokensAsync(context, errors, GitAnswers.TokenRequiredToSearch);
        if (refusal is not null)
        {
            return refusal;
        }

        if (provider is not null && tokens.All(token => token.Provider != provider))
        {
            return ApiAnswer.InternalError;
        }

        if (RepositoryName.Parse(repository) is not { } name || part.Length == 0)
        {
            return ApiAnswer.Of(new JArray());
        }

        var token = provider is null
            ? await access.FindAsync(tokens, name, null, context.RequestAborted)
            : tokens.First(token => token.Provider == provider);
        return ApiAnswer.Of(
            token is null
                ? []
                : await git.TryAsync(
                    token, account => GitHubQueries.FindBranchesAsync(account, name, part, count, context.RequestAborted)) ?? []);
    }

    private static JObject Empty(int page, int pageSize) => new()
    {
        ["branches"] = new JArray(),
        ["has_next_page"] = false,
        ["current_page"] = page,
        ["per_page"] = pageSize,
        ["total_count"] = 0,
    };
}
