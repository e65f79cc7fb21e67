using Gateway.Access;
using Gateway.Conversations.Workspaces;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationAgent;

/// <summary>
/// What a conversation's agent knows and is to remember: <c>microagents</c> and <c>remember-prompt</c>. Both need a running conversation,
/// as with V0. Stateless. Source: PROTOCOL.md, "V0 workspace".
/// </summary>
internal sealed class AgentEndpoints(ConversationWorkspaces workspaces)
{
    private const string Tag = "Agent";

    private static readonly ApiAnswer s_notRunning =
        ApiAnswer.Error(StatusCodes.Status404NotFound, "Agent session not found for this conversation");

    public void Map(IEndpointRouteBuilder endpoints)
    {
        var routes = endpoints.MapConversation().RequireAccess(AccessRights.Read).WithTags(Tag);
        routes.MapGet("microagents", ConversationRoutes.ForConversation(GetMicroagentsAsync))
            .WithName("GetMicroagents").WithSummary("What the agent was told about its workspace");
        routes.MapGet("remember-prompt", GetRememberPrompt)
            .WithName("GetRememberPrompt").WithSummary("A prompt for a microagent made of an event, which needs V0's own model");
        routes.MapGet("remember_prompt", GetRememberPrompt)
            .WithName("GetRememberPromptAlias").WithSummary("remember-prompt, as web UIs before 0.52 spell it");
    }

    private async ValueTask<IResult> GetMicroagentsAsync(ConversationRequest request)
    {
        if (!request.IsRunning)
        {
            return s_notRunning;
        }

        var result = await workspaces.Of(request.Info).GetMicroagentsAsync(request.Aborted);
        return result.TryGet(out var microagents, out var error)
            ? ApiAnswer.Of(new JObject { ["microagents"] = new JArray(microagents.Select(Describe)) })
            : ApiAnswer.Error(StatusCodes.Status500InternalServerError, $"Error getting microagents: {error.Message}");
    }

    /// <summary>Of the routes below a conversation this one looks at the id's form, as those of conversations themselves do.</summary>
    private static async Task<IResult> GetRememberPrompt(string id, HttpContext context) =>
        ConversationPath.FindRefusal(id) ?? await ConversationRoutes.ServeAsync(context, RememberPrompt);

    /// <summary>V0 asks its language model, and answers 500 when it has no good word from it. There is none here.</summary>
    private static ValueTask<IResult> RememberPrompt(ConversationRequest request)
    {
        var errors = new RequestErrors();
        var id = new RequestQuery(request.Context.Request.Query, errors).RequiredText("event_id");
        if (!errors.Any)
        {
            RequestFields.ParseInteger(id, ["query", "event_id"], errors);
        }

        return new ValueTask<IResult>(errors.Any ? errors.Answer : ApiAnswer.InternalError);
    }

    private static JObject Describe(Microagent microagent) => new()
    {
        ["name"] = microagent.Name,
        ["type"] = microagent.Type,
        ["content"] = microagent.Content,
        ["triggers"] = new JArray(microagent.Triggers),
        ["inputs"] = new JArray(microagent.Inputs.Select(static input =>
            new JObject { ["name"] = input.Name, ["description"] = input.Description })),
        ["tools"] = new JArray(microagent.Tools),
    };
}
