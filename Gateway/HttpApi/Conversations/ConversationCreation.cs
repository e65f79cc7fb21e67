using Gateway.Access;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.Settings;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>
/// <c>POST /api/conversations</c>: makes a conversation and opens it without a socket. What is refused leaves nothing behind; V0 leaves an
/// empty conversation in its list. Stateless; any thread. Source: PROTOCOL.md, "V0 conversations".
/// </summary>
internal sealed partial class ConversationCreation(
    ConversationService conversations,
    ConversationPlaces places,
    UserSettings settings,
    IUserDocuments documents,
    IRepositoryAccess repositories,
    ILogger<ConversationCreation> logger)
{
    private static readonly ApiAnswer s_noSettings = Refuse("Settings not found", "CONFIGURATION$SETTINGS_NOT_FOUND");

    private static readonly ApiAnswer s_noKey =
        Refuse("Error authenticating with the LLM provider. Please check your API key", "STATUS$ERROR_LLM_AUTHENTICATION");

    // Models behind these need no key.
    private static readonly string[] s_keyless = ["bedrock/", "lemonade/"];

    public async Task<IResult> CreateAsync(HttpContext context)
    {
        var place = places.Choose(context.GetCaller(), context.Request);
        if (place.Agent.IsElsewhere && places.Elsewhere is { } elsewhere)
        {
            return new ForwardedAnswer(elsewhere);
        }

        var errors = new RequestErrors();
        CreateRequest? request;
        try
        {
            var body = await RequestBody.ReadFieldsAsync(context, errors);
            request = body is null ? null : CreateRequest.Read(body, errors);
        }
        catch (McpConfigException)
        {
            return ApiAnswer.InternalError;
        }

        return request is null ? errors.Answer : await CreateAsync(context, place, request);
    }

    private static ApiAnswer Refuse(string message, string id) =>
        ConversationAnswers.Refused(StatusCodes.Status400BadRequest, message, id);

    private async ValueTask<IResult> CreateAsync(HttpContext context, NewPlace place, CreateRequest request)
    {
        var caller = context.GetCaller();
        if (request.Repository is { } repository
            && !await repositories.CanReadAsync(caller, repository, request.Provider, context.RequestAborted))
        {
            return ApiAnswer.Of(new JValue($"Unable to access repo {repository}"), StatusCodes.Status401Unauthorized);
        }

        if ((place.Agent.Conversations?.NeedsModelSettings ?? true)
            && await FindModelRefusalAsync(caller, place.Key.UserId, context.RequestAborted) is { } refusal)
        {
            return refusal;
        }

        var wanted = new NewConversation(
            place.Key, place.Agent, request.Metadata(), request.FirstMessage, request.Instructions);
        return await CreateAsync(wanted, context.RequestAborted);
    }

    private async ValueTask<ApiAnswer?> FindModelRefusalAsync(
        Caller caller, ConversationId? userId, CancellationToken cancellationToken)
    {
        // V0 reads them for the agent, and fails when it cannot.
        _ = await documents.ReadAsync(UserDocument.Secrets, userId, cancellationToken);
        if (await settings.FindAsync(caller, cancellationToken) is not { } stored)
        {
            return s_noSettings;
        }

        var model = (string?)stored.Json["llm_model"] ?? "";
        return stored.HasLlmKey || s_keyless.Any(prefix => model.StartsWith(prefix, StringComparison.Ordinal)) ? null : s_noKey;
    }

    private async ValueTask<IResult> CreateAsync(NewConversation wanted, CancellationToken cancellationToken)
    {
        var created = await conversations.CreateAsync(wanted, cancellationToken);
        var refusal = created.Refusal;
        if (created.Key == default)
        {
            Log.NotMade(logger, refusal ?? "");
            return Refuse(refusal ?? "", created.RefusalId ?? "STATUS$ERROR");
        }

        if (wanted.FirstMessage is null)
        {
            refusal = await conversations.StartAsync(created.Key, cancellationToken);
        }

        if (refusal is not null)
        {
            // As V0, whose agent may fail as well after the answer was given: the conversation is there.
            Log.NotStarted(logger, created.Key.Id, refusal);
        }

        return ConversationAnswers.Status(created.Key.Id, null, ConversationAnswers.Starting);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Conversation {ConversationId} was made; it could not be started: {Problem}")]
        public static partial void NotStarted(ILogger logger, ConversationId conversationId, string problem);

        [LoggerMessage(2, LogLevel.Information, "A conversation was not made: {Problem}")]
        public static partial void NotMade(ILogger logger, string problem);
    }
}
