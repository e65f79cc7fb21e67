using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.Settings;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>V0's refusals of what asks git providers: JSON texts without an object around them. Stateless; any thread.</summary>
internal static class GitAnswers
{
    public static readonly ApiAnswer TokenRequired = Unauthorized("Git provider token required. (such as GitHub).");

    public static readonly ApiAnswer TokenRequiredToSearch = Unauthorized("Git provider token required.");

    public static readonly ApiAnswer NoProviders = Unauthorized("No providers set.");

    public static readonly ApiAnswer InvalidToken = Unauthorized("Need valid provider token");

    public static ApiAnswer Unauthorized(string text) => ApiAnswer.Of(new JValue(text), StatusCodes.Status401Unauthorized);

    /// <summary>The tokens of whoever asks, or what is answered instead: the request is wrong, or there are none.</summary>
    public static async ValueTask<(IReadOnlyList<GitToken> Tokens, ApiAnswer? Refusal)> FindTokensAsync(
        this UserGit git, HttpContext context, RequestErrors errors, ApiAnswer withoutTokens)
    {
        if (errors.Any)
        {
            return ([], errors.Answer);
        }

        var tokens = await git.FindTokensAsync(context.GetCaller(), context.RequestAborted);
        return (tokens, tokens.Count == 0 ? withoutTokens : null);
    }

    /// <summary>
    /// What the provider says, or V0's answer to its failure: V0 tells what it expected to go wrong, and fails on the rest.
    /// </summary>
    public static async Task<IResult> OfAsync<T>(Task<T> call)
        where T : JToken
    {
        try
        {
            return ApiAnswer.Of(await call);
        }
        catch (GitProviderException exception)
        {
            return exception.Failure switch
            {
                GitProviderFailure.InvalidToken => Unauthorized(exception.Message),
                GitProviderFailure.Other =>
                    ApiAnswer.Of(new JValue(exception.Message), StatusCodes.Status500InternalServerError),
                _ => ApiAnswer.InternalError,
            };
        }
    }
}
