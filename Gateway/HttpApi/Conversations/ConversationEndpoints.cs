using Gateway.Access;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>
/// V0's routes of conversations as a whole: list, make, look at, rename, start, stop, delete. Stateless. Source: PROTOCOL.md,
/// "V0 conversations".
/// </summary>
internal static class ConversationEndpoints
{
    private const string Tag = "Conversations";
    private const int MaxTitle = 200;

    private static readonly ApiAnswer s_notFound =
        ConversationAnswers.Refused(StatusCodes.Status404NotFound, "Conversation not found", "CONVERSATION$NOT_FOUND");

    public static void MapConversations(this IEndpointRouteBuilder endpoints)
    {
        Named(endpoints.MapGet("/api/conversations", static (HttpContext context, ConversationList list) => list.GetAsync(context)),
            AccessRights.Read, "ListConversations", "The user's conversations, the newest first");
        Named(endpoints.MapPost("/api/conversations",
                static (HttpContext context, ConversationCreation creation) => creation.CreateAsync(context)),
            AccessRights.Manage, "CreateConversation", "Makes a conversation and opens it");
        Named(endpoints.MapGet("/api/conversations/{id}", GetAsync),
            AccessRights.Read, "GetConversation", "One conversation; null when there is none");
        Named(endpoints.MapPatch("/api/conversations/{id}", RenameAsync),
            AccessRights.Manage, "RenameConversation", "Gives a conversation a title");
        Named(endpoints.MapDelete("/api/conversations/{id}", DeleteAsync),
            AccessRights.Manage, "DeleteConversation", "Deletes a conversation with everything in it");
        Named(endpoints.MapPost("/api/conversations/{id}/start", StartAsync),
            AccessRights.Manage, "StartConversation", "Opens a conversation");
        Named(endpoints.MapPost("/api/conversations/{id}/stop", StopAsync),
            AccessRights.Manage, "StopConversation", "Closes a conversation");
        Named(endpoints.MapGet("/api/microagent-management/conversations",
                static (HttpContext context, ConversationList list) => list.GetOfMicroagentsAsync(context)),
            AccessRights.Read, "ListMicroagentConversations", "Conversations that add microagents to a repository");
        MapElsewhere(endpoints);
    }

    /// <summary>Whatever a V0 server behind this one may have below a conversation of its own, also what only its version knows.</summary>
    private static void MapElsewhere(IEndpointRouteBuilder endpoints)
    {
        const string Any = "/api/conversations/{id}/{**rest}";
        if (endpoints.ServiceProvider.GetRequiredService<ConversationPlaces>().Elsewhere is not null)
        {
            endpoints.MapGet(Any, static () => ApiAnswer.NotFound).RequireAccess(AccessRights.Read).ExcludeFromDescription();
            endpoints.MapMethods(Any, [HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete],
                static () => ApiAnswer.MethodNotAllowed).RequireAccess(AccessRights.All).ExcludeFromDescription();
        }
    }

    private static void Named(RouteHandlerBuilder route, AccessRights rights, string name, string summary) =>
        route.RequireAccess(rights).WithName(name).WithTags(Tag).WithSummary(summary);

    private static async Task<IResult> GetAsync(
        string id, HttpContext context, ConversationService conversations, HttpApiOptions options, PageLoads pageLoads)
    {
        if (ConversationPath.FindRefusal(id) is { } refusal)
        {
            return refusal;
        }

        await pageLoads.WaitForSettingsAsync(context, id, context.RequestAborted);

        return await FindAsync(id, context, conversations) switch
        {
            null or { Damage.IsUnknown: true } or { Damage: null, Metadata: null } => ConversationAnswers.Null,
            { Damage: null, Metadata: { } metadata } found =>
                ApiAnswer.Of(ConversationJson.Of(found, metadata, found.Status.Clients, options.PublicUrl)),
            _ => ApiAnswer.InternalError,
        };
    }

    private static async Task<IResult> RenameAsync(string id, HttpContext context, ConversationService conversations)
    {
        if (ConversationPath.FindRefusal(id) is { } refusal)
        {
            return refusal;
        }

        var errors = new RequestErrors();
        var body = await RequestBody.ReadFieldsAsync(context, errors);
        var title = body?.RequiredText("title", minLength: 1, maxLength: MaxTitle) ?? "";
        body?.ForbidOthers("title");
        var key = ConversationRoutes.KeyOf(context, id);
        if (errors.Any)
        {
            return IsEmptyTitle(body) && key is { } untitled && await conversations.MakeTitleAsync(untitled, context.RequestAborted)
                ? ConversationAnswers.True
                : errors.Answer;
        }

        try
        {
            return key is { } known && await conversations.RenameAsync(known, title, context.RequestAborted)
                ? ConversationAnswers.True
                : s_notFound;
        }
        catch (DamagedMetadataException exception)
        {
            return exception.Damage.IsUnknown
                ? s_notFound
                : NotUpdated(exception.Damage.Problem);
        }
        catch (BackendFailedException exception)
        {
            return NotUpdated(exception.Message);
        }
        catch (Exception exception) when (StoreFailures.Covers(exception))
        {
            return NotUpdated(StoreFailures.Tell(context, exception));
        }
    }

    private static ApiAnswer NotUpdated(string problem) => ConversationAnswers.Refused(
        StatusCodes.Status500InternalServerError, $"Failed to update conversation: {problem}", "CONVERSATION$UPDATE_ERROR");

    /// <summary>
    /// Web UIs from 0.30 to 0.37 ask so for a title to be made, as long as the conversation has none of its own. No later one sends an
    /// empty title at all.
    /// </summary>
    private static bool IsEmptyTitle(RequestFields? body) =>
        body?.Json is { Count: 1 } json && json["title"] is { Type: JTokenType.String } title && (string?)title == "";

    private static async Task<IResult> DeleteAsync(string id, HttpContext context, ConversationService conversations)
    {
        if (ConversationPath.FindRefusal(id) is { } refusal)
        {
            return refusal;
        }

        try
        {
            return ConversationRoutes.KeyOf(context, id) is { } key && await conversations.DeleteAsync(key, context.RequestAborted)
                ? ConversationAnswers.True
                : ConversationAnswers.False;
        }
        catch (BackendFailedException)
        {
            return ApiAnswer.InternalError;
        }
    }

    private static async Task<IResult> StartAsync(string id, HttpContext context, ConversationService conversations)
    {
        if (ConversationPath.FindRefusal(id) is { } refusal)
        {
            return refusal;
        }

        // Web UIs from 0.41.1 to 0.44 send no body, and wait for ever when that is refused.
        var errors = new RequestErrors();
        var body = await RequestBody.ReadOptionalFieldsAsync(context, errors);
        CheckProviders(body);
        if (errors.Any)
        {
            return errors.Answer;
        }

        if (await FindAsync(id, context, conversations) is not { Damage: null, Metadata: not null } found)
        {
            return ApiAnswer.Of(
                new JObject { ["status"] = "error", ["conversation_id"] = id }, StatusCodes.Status404NotFound);
        }

        var wasRunning = ConversationJson.IsRunning(found.Status);
        try
        {
            return await conversations.StartAsync(found.Key, context.RequestAborted) is { } problem
                ? Failed(id, $"Failed to start conversation: {problem}")
                : ConversationAnswers.Status(id, null, wasRunning ? ConversationJson.Running : ConversationAnswers.Starting);
        }
        catch (Exception exception) when (StoreFailures.Covers(exception))
        {
            return Failed(id, $"Failed to start conversation: {StoreFailures.Tell(context, exception)}");
        }
    }

    private static ApiAnswer Failed(string id, string message) => ApiAnswer.Of(
        new JObject { ["status"] = "error", ["conversation_id"] = id, ["message"] = message }, StatusCodes.Status500InternalServerError);

    private static void CheckProviders(RequestFields? body)
    {
        const string Name = "providers_set";
        foreach (var (i, provider) in (body?.OptionalList(Name) ?? []).Index())
        {
            if (provider is not { Type: JTokenType.String } || !MetadataRules.Providers.Contains((string?)provider))
            {
                body!.Errors.NotOneOf(body.LocationOf(Name, i), MetadataRules.Providers, provider);
            }
        }
    }

    private static async Task<IResult> StopAsync(string id, HttpContext context, ConversationService conversations)
    {
        if (ConversationPath.FindRefusal(id) is { } refusal)
        {
            return refusal;
        }

        try
        {
            return ConversationRoutes.KeyOf(context, id) is { } key && await conversations.StopAsync(key)
                ? ConversationAnswers.Status(id, "Conversation stopped successfully", ConversationJson.Running)
                : ConversationAnswers.Status(id, "Conversation was not running", ConversationJson.Stopped);
        }
        catch (BackendFailedException exception)
        {
            return Failed(id, $"Failed to stop conversation: {exception.Message}");
        }
        catch (Exception exception) when (StoreFailures.Covers(exception))
        {
            // What is open here has closed all the same.
            return Failed(id, $"Failed to stop conversation: {StoreFailures.Tell(context, exception)}");
        }
    }

    private static ValueTask<ConversationInfo?> FindAsync(string id, HttpContext context, ConversationService conversations) =>
        ConversationRoutes.KeyOf(context, id) is { } key
            ? conversations.FindAsync(key, context.RequestAborted)
            : ValueTask.FromResult<ConversationInfo?>(null);
}
