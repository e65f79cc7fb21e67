using Gateway.Access;
using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.Git;
using Gateway.HttpApi.Settings;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.GitProviders;

/// <summary>
/// A user's tokens of git providers: <c>/api/add-git-providers</c> and <c>/api/unset-provider-tokens</c>. A token that its provider does
/// not take, or that cannot be asked about, is not stored. Stateless. Source: PROTOCOL.md, "V0 settings".
/// </summary>
internal static class GitProvidersEndpoints
{
    private const string Tag = "Git providers";

    private static readonly ApiAnswer s_stored = ApiAnswer.Message("Git providers stored");
    private static readonly ApiAnswer s_unset = ApiAnswer.Message("Unset Git provider tokens");

    private static readonly ApiAnswer s_notStored =
        ApiAnswer.Error(StatusCodes.Status500InternalServerError, "Something went wrong storing git providers");

    public static void MapGitProviders(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/api/add-git-providers", StoreAsync).RequireAccess(AccessRights.Manage)
            .WithName("AddGitProviders").WithTags(Tag).WithSummary("Stores the tokens of git providers; an empty token keeps the stored one.");
        endpoints.MapPost("/api/unset-provider-tokens", UnsetAsync).RequireAccess(AccessRights.Manage)
            .WithName("UnsetProviderTokens").WithTags(Tag).WithSummary("Forgets the tokens of git providers.");
    }

    private static async Task<IResult> StoreAsync(HttpContext context, UserSecrets secrets, UserGit git)
    {
        var errors = new RequestErrors();
        if (await RequestBody.ReadFieldsAsync(context, errors) is not { } body)
        {
            return errors.Answer;
        }

        return await DocumentFailures.AnswerAsync(context, s_notStored, async () =>
        {
            var posted = PostedGitTokens.Read(body);
            if (errors.Any)
            {
                return errors.Answer;
            }

            var stored = await secrets.FindAsync(context.GetCaller(), context.RequestAborted) ?? StoredSecrets.None;
            if (await FindInvalidAsync(posted, stored, git, context.RequestAborted) is { } provider)
            {
                return ApiAnswer.Error(
                    StatusCodes.Status401Unauthorized, $"Invalid token. Please make sure it is a valid {provider} token.");
            }

            await secrets.EditAsync(
                context.GetCaller(),
                now => (now ?? StoredSecrets.None).WithTokens(posted.Over(now ?? StoredSecrets.None)),
                context.RequestAborted);
            return s_stored;
        });
    }

    /// <summary>The last provider that does not take its new token, or, at a new host, the stored one.</summary>
    private static async ValueTask<string?> FindInvalidAsync(
        PostedGitTokens posted, StoredSecrets stored, UserGit git, CancellationToken cancellationToken)
    {
        string? invalid = null;
        foreach (var token in posted.Tokens)
        {
            var isRefused = token.Token.Length > 0
                ? !await git.IsValidAsync(token, cancellationToken)
                : stored.TokenOf(token.Provider) is { } kept
                    && kept.Host.AsHost() != token.Host.AsHost()
                    && !await git.IsValidAsync(kept with { Host = token.Host }, cancellationToken);
            invalid = isRefused ? token.Provider : invalid;
        }

        return invalid;
    }

    private static Task<IResult> UnsetAsync(HttpContext context, UserSecrets secrets) =>
        DocumentFailures.AnswerAsync(context, SettingsEndpoints.NotUnset, async () =>
        {
            await secrets.ForgetTokensAsync(context.GetCaller(), context.RequestAborted);
            return s_unset;
        });

    /// <summary>Null and nothing are the same host: the provider's own.</summary>
    private static string AsHost(this string? host) => host ?? "";
}
