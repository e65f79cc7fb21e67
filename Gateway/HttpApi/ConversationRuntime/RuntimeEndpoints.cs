using Gateway.Access;
using Gateway.Conversations.Workspaces;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationRuntime;

/// <summary>
/// What V0 says of the machine that a conversation runs on: <c>config</c>, <c>web-hosts</c>, <c>vscode-url</c> and <c>exp-config</c>.
/// Stateless. Source: PROTOCOL.md, "V0 workspace".
/// </summary>
internal static class RuntimeEndpoints
{
    private const string Tag = "Runtime";

    private static readonly ApiAnswer s_noHosts = ApiAnswer.Of(new JObject { ["hosts"] = new JObject() });
    private static readonly ApiAnswer s_stored = ApiAnswer.Of(new JValue(false));

    public static void MapConversationRuntime(this IEndpointRouteBuilder endpoints)
    {
        var workspaces = endpoints.ServiceProvider.GetRequiredService<ConversationWorkspaces>();
        var routes = endpoints.MapConversation().RequireAccess(AccessRights.Read).WithTags(Tag);
        routes.MapGet("config", ConversationRoutes.ForConversation(Config))
            .WithName("GetRuntimeConfig").WithSummary("The ids of a conversation's runtime and session");
        routes.MapGet("web-hosts", ConversationRoutes.ForConversation(static _ => new ValueTask<IResult>(s_noHosts)))
            .WithName("GetWebHosts").WithSummary("Web servers that the agent has started: none are known");
        routes.MapGet("vscode-url", ConversationRoutes.ForConversation(request => GetEditorUrlAsync(request, workspaces)))
            .WithName("GetVsCodeUrl").WithSummary("Where an editor shows the workspace; null when there is none");
        routes.MapPost("exp-config", TakeExperimentAsync)
            .WithName("SetExperimentConfig").WithSummary("Taken as V0 takes it, and used for nothing");
    }

    private static ValueTask<IResult> Config(ConversationRequest request) =>
        new(ApiAnswer.Of(new JObject { ["runtime_id"] = null, ["session_id"] = request.Id }));

    /// <summary>
    /// No editor is an answer, and no error: V0's web UI shows an error on every conversation for the 500 that V0's runtime without
    /// containers gives.
    /// </summary>
    private static async ValueTask<IResult> GetEditorUrlAsync(ConversationRequest request, ConversationWorkspaces workspaces)
    {
        var result = await workspaces.Of(request.Info).GetEditorUrlAsync(request.Aborted);
        return ApiAnswer.Of(new JObject { ["vscode_url"] = result.TryGet(out var url, out _) ? url : null });
    }

    /// <summary>V0 does not ask whether there is such a conversation; the file that it makes then is not made here.</summary>
    private static async Task<IResult> TakeExperimentAsync(string id, HttpContext context)
    {
        if (ConversationPath.FindRefusal(id) is { } refusal)
        {
            return refusal;
        }

        var errors = new RequestErrors();
        if (await RequestBody.ReadFieldsAsync(context, errors) is { } fields)
        {
            CheckConfig(fields);
        }

        return errors.Any ? errors.Answer : s_stored;
    }

    private static void CheckConfig(RequestFields fields)
    {
        const string Name = "config";
        switch (fields.Json[Name])
        {
            case null or { Type: JTokenType.Null }:
                break;
            case JObject config:
                foreach (var entry in config.Properties().Where(static entry => entry.Value.Type != JTokenType.String))
                {
                    fields.Errors.Add(
                        "string_type", fields.LocationOf(Name, entry.Name), "Input should be a valid string", entry.Value);
                }

                break;
            case { } other:
                fields.Errors.Add("dict_type", fields.LocationOf(Name), "Input should be a valid dictionary", other);
                break;
        }
    }
}
