using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>
/// The microagents that lie in a repository: <c>/api/user/repository/{owner}/{name}/microagents</c>, and <c>/content</c> under it.
/// Stateless. Source: PROTOCOL.md, "V0 git".
/// </summary>
internal static class RepositoryMicroagentEndpoints
{
    private const string List = "/microagents";
    private const string Content = "/microagents/content";

    public static void MapRepositoryMicroagents(this IEndpointRouteBuilder user) =>

        // A repository's name has as many parts as its provider likes, and stands before the rest of the path.
        user.MapGet("repository/{**path}", GetAsync)
            .WithName("GetRepositoryMicroagents").WithSummary("The microagents in a repository, or one of them (/content?file_path=).");

    private static Task<IResult> GetAsync(string? path, HttpContext context, UserGit git, TimeProvider timeProvider)
    {
        path = (path ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return path.EndsWith(List, StringComparison.Ordinal) && path.Length > List.Length
            ? ListAsync(path[..^List.Length], context, git, timeProvider)
            : path.EndsWith(Content, StringComparison.Ordinal) && path.Length > Content.Length
                ? ReadAsync(path[..^Content.Length], context, git)
                : Task.FromResult<IResult>(ApiAnswer.NotFound);
    }

    private static async Task<IResult> ListAsync(string repository, HttpContext context, UserGit git, TimeProvider timeProvider)
    {
        var tokens = await git.FindTokensAsync(context.GetCaller(), context.RequestAborted);
        if (RepositoryName.Parse(repository) is not { } name)
        {
            return ApiAnswer.Of(new JArray());
        }

        var found = await git.FirstAsync(tokens, async account =>
            await GitHubMicroagents.ListAsync(account, name, timeProvider.GetUtcNow(), context.RequestAborted) is { Count: > 0 } list
                ? list
                : null);
        return ApiAnswer.Of(found ?? []);
    }

    private static async Task<IResult> ReadAsync(string repository, HttpContext context, UserGit git)
    {
        var errors = new RequestErrors();
        var file = new RequestQuery(context.Request.Query, errors).RequiredText("file_path");
        if (errors.Any)
        {
            return errors.Answer;
        }

        var tokens = await git.FindTokensAsync(context.GetCaller(), context.RequestAborted);
        var found = RepositoryName.Parse(repository) is { } name
            ? await git.FirstAsync(tokens, account => GitHubMicroagents.ReadAsync(account, name, file, context.RequestAborted))
            : null;
        return found is null
            ? GitAnswers.Unauthorized($"Microagent file {file} not found in {repository}")
            : ApiAnswer.Of(found);
    }
}
