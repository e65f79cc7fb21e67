using System.Globalization;

using Gateway.Access;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.UiOptions;

/// <summary>
/// What the web UI's settings page offers, and how the UI is to behave: <c>/api/options/…</c>. The answers are made once, at start; only
/// the models are a server's behind the agent, where there is one and it says them. Source: PROTOCOL.md, "V0 REST".
/// </summary>
internal static class UiOptionsEndpoints
{
    // V0's own defaults. An empty analytics key switches analytics off.
    private const string V0AnalyticsKey = "phc_3ESMmY9SgqEAGBB6sMGK5ayYHkeUuknH2vP6FmWH9RA";

    private static readonly string[] s_agents =
        ["BrowsingAgent", "CodeActAgent", "DummyAgent", "LocAgent", "ReadOnlyAgent", "VisualBrowsingAgent"];

    private static readonly string[] s_securityAnalyzers = ["grayswan", "invariant", "llm"];

    public static void MapUiOptions(this IEndpointRouteBuilder endpoints)
    {
        var configuration = endpoints.ServiceProvider.GetRequiredService<IConfiguration>();
        var options = endpoints.MapGroup("/api/options").RequireAccess(AccessRights.Read).WithTags("Options");
        var config = ApiAnswer.Of(Config(configuration));
        options.MapGet("config", (HttpContext context, PageLoads pageLoads) =>
            {
                pageLoads.Begin(context);
                return config;
            })
            .WithName("GetConfig").WithSummary("How the web UI is to behave.");
        options.MapGet("models", static (HttpContext context, UiModels models) => models.GetAsync(context))
            .WithName("GetModels").WithSummary("The models that may be chosen.");
        Map(options, "agents", new JArray(s_agents))
            .WithName("GetAgents").WithSummary("The agents that may be chosen.");
        Map(options, "security-analyzers", new JArray(s_securityAnalyzers))
            .WithName("GetSecurityAnalyzers").WithSummary("The security analyzers that may be chosen.");
    }

    private static RouteHandlerBuilder Map(RouteGroupBuilder options, string name, JToken json)
    {
        var answer = ApiAnswer.Of(json);
        return options.MapGet(name, () => answer);
    }

    private static JObject Config(IConfiguration configuration) => new()
    {
        ["APP_MODE"] = "oss",
        ["GITHUB_CLIENT_ID"] = configuration["GITHUB_APP_CLIENT_ID"] ?? "",
        ["POSTHOG_CLIENT_KEY"] = configuration["POSTHOG_CLIENT_KEY"] ?? V0AnalyticsKey,
        ["FEATURE_FLAGS"] = new JObject
        {
            ["ENABLE_BILLING"] = IsOn(configuration["ENABLE_BILLING"]),
            ["HIDE_LLM_SETTINGS"] = IsOn(configuration["HIDE_LLM_SETTINGS"]),
        },
    };

    private static bool IsOn(string? value) => value?.ToLower(CultureInfo.InvariantCulture) == "true";
}
