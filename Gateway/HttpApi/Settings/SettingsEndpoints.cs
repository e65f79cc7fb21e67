using Gateway.Access;
using Gateway.HttpApi.Conventions;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// A user's settings: <c>/api/settings</c>, and two routes of older versions. Stateless. Source: PROTOCOL.md, "V0 settings".
/// </summary>
internal static class SettingsEndpoints
{
    private const string Tag = "Settings";

    /// <summary>Where tokens of git providers cannot be forgotten, by whichever route.</summary>
    public static readonly ApiAnswer NotUnset =
        ApiAnswer.Error(StatusCodes.Status500InternalServerError, "Something went wrong unsetting tokens");

    private static readonly ApiAnswer s_notFound =
        ApiAnswer.Error(StatusCodes.Status404NotFound, "Settings not found");

    private static readonly ApiAnswer s_stored = ApiAnswer.Message("Settings stored");

    private static readonly ApiAnswer s_notStored =
        ApiAnswer.Error(StatusCodes.Status500InternalServerError, "Something went wrong storing settings");

    private static readonly ApiAnswer s_resetRemoved =
        ApiAnswer.Error(StatusCodes.Status410Gone, "Reset settings functionality has been removed.");

    public static void MapSettings(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/api/settings", GetAsync).RequireAccess(AccessRights.Read).AddEndpointFilter(DocumentFailures.FilterAsync)
            .WithName("GetSettings").WithTags(Tag).WithSummary("The user's settings, without their keys.");
        endpoints.MapPost("/api/settings", StoreAsync).RequireAccess(AccessRights.Manage)
            .WithName("StoreSettings").WithTags(Tag).WithSummary("Changes the settings that the body names.");
        endpoints.MapPost("/api/reset-settings", static () => s_resetRemoved).RequireAccess(AccessRights.Manage)
            .WithName("ResetSettings").WithTags(Tag).WithSummary("Not there any more: always 410, as with V0.");
        endpoints.MapPost("/api/unset-settings-tokens", UnsetTokensAsync).RequireAccess(AccessRights.Manage)
            .WithName("UnsetSettingsTokens").WithTags(Tag).WithSummary("Forgets the tokens of git providers, for web UIs before 0.37.");
    }

    private static async Task<IResult> GetAsync(HttpContext context, UserSettings settings, UserSecrets secrets, PageLoads pageLoads)
    {
        pageLoads.AnswerSettings(context);
        var caller = context.GetCaller();
        var stored = await settings.FindAsync(caller, context.RequestAborted);
        if (stored?.LegacySecrets is not null)
        {
            await secrets.MoveLegacyAsync(caller, context.RequestAborted);
            stored = await settings.FindAsync(caller, context.RequestAborted);
        }

        var tokens = (await secrets.FindAsync(caller, stored?.LegacySecrets, context.RequestAborted))?.Tokens ?? [];
        return stored is null ? s_notFound : ApiAnswer.Of(Show(stored, tokens));
    }

    private static async Task<IResult> StoreAsync(HttpContext context, UserSettings settings, UserSecrets secrets)
    {
        var errors = new RequestErrors();
        if (await RequestBody.ReadFieldsAsync(context, errors) is not { } body)
        {
            return errors.Answer;
        }

        return await DocumentFailures.AnswerAsync(context, s_notStored, async () =>
        {
            var posted = PostedSettings.Read(body);
            if (errors.Any)
            {
                return errors.Answer;
            }

            var caller = context.GetCaller();
            await secrets.MoveLegacyAsync(caller, context.RequestAborted);
            await StoreTokensAsync(caller, posted, secrets, context.RequestAborted);
            await settings.StoreAsync(caller, posted, context.RequestAborted);
            return s_stored;
        });
    }

    private static async ValueTask StoreTokensAsync(
        Caller caller, PostedSettings posted, UserSecrets secrets, CancellationToken cancellationToken)
    {
        if (posted.Tokens.Count == 0 && !posted.UnsetsGitHubToken)
        {
            return;
        }

        await secrets.EditAsync(
            caller,
            stored =>
            {
                stored ??= StoredSecrets.None;
                var kept = stored.Tokens.Where(token => posted.Tokens.All(other => other.Provider != token.Provider)
                    && !(posted.UnsetsGitHubToken && token.Provider == KnownGitProviders.GitHub));
                return stored.WithTokens(kept.Concat(posted.Tokens));
            },
            cancellationToken);
    }

    private static Task<IResult> UnsetTokensAsync(HttpContext context, UserSecrets secrets) =>
        DocumentFailures.AnswerAsync(context, NotUnset, async () =>
        {
            await secrets.ForgetTokensAsync(context.GetCaller(), context.RequestAborted);
            return s_stored;
        });

    /// <summary>What may be shown: that there are keys and tokens, and not which.</summary>
    private static JObject Show(StoredSettings settings, IReadOnlyList<GitToken> tokens)
    {
        var shown = (JObject)settings.Json.DeepClone();
        shown["llm_api_key"] = null;
        shown["search_api_key"] = null;
        shown["sandbox_api_key"] = null;
        KeyMask.Hide(shown.Object("mcp_config"));
        shown["provider_tokens_set"] = new JObject(tokens.Select(static token => new JProperty(token.Provider, token.Host)));
        shown["llm_api_key_set"] = settings.HasLlmKey;
        shown["search_api_key_set"] = settings.HasSearchKey;

        // Web UIs from 1.0 on make new conversations elsewhere unless they are told not to.
        shown["v1_enabled"] = false;
        return shown;
    }
}
