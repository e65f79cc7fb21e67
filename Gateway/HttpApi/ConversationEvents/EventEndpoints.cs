using Gateway.Access;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.HttpApi.Conventions;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationEvents;

/// <summary>
/// A conversation's events by REST: <c>events</c>, <c>message</c>, <c>trajectory</c>. They are read from the store, whether the
/// conversation runs or not; what is written needs a running one, as with V0. Stateless. Source: PROTOCOL.md, "V0 workspace".
/// </summary>
internal sealed class EventEndpoints(ConversationService conversations, ConversationsOptions options)
{
    private const string Tag = "Events";

    private static readonly ApiAnswer s_success = ApiAnswer.Of(new JObject { ["success"] = true });

    public void Map(IEndpointRouteBuilder endpoints)
    {
        var readers = endpoints.MapConversation().RequireAccess(AccessRights.Read).WithTags(Tag);
        readers.MapGet("events", ConversationRoutes.ForConversation(GetAsync))
            .WithName("GetEvents").WithSummary("Events of a conversation, by id and in either order");
        readers.MapGet("trajectory", ConversationRoutes.ForConversation(GetTrajectoryAsync))
            .WithRequestTimeout(HttpApiServiceCollectionExtensions.TransferPolicy)
            .WithName("GetTrajectory").WithSummary("All events of a conversation, for export");
        var writers = endpoints.MapConversation().RequireAccess(AccessRights.Act).WithTags(Tag);
        writers.MapPost("events", ConversationRoutes.ForConversation(AddAsync))
            .WithName("AddEvent").WithSummary("Submits an action, as a socket's oh_user_action does");
        writers.MapPost("message", ConversationRoutes.ForConversation(SendMessageAsync))
            .WithName("SendMessage").WithSummary("Sends the user's message to the agent");
    }

    private async ValueTask<IResult> GetAsync(ConversationRequest request)
    {
        var (query, refusal) = EventQuery.Read(request.Context);
        if (query is null)
        {
            return refusal ?? ApiAnswer.InternalError;
        }

        return new EventListResult(await ReadLogAsync(request), query);
    }

    private async ValueTask<IResult> GetTrajectoryAsync(ConversationRequest request) =>
        new TrajectoryResult(await ReadLogAsync(request));

    /// <summary>With what other processes have stored by now.</summary>
    private async ValueTask<IEventLog> ReadLogAsync(ConversationRequest request)
    {
        var log = await conversations.ReadLogAsync(request.Key, request.Aborted);
        await log.RefreshAsync(-1, request.Aborted);
        return log;
    }

    private async ValueTask<IResult> AddAsync(ConversationRequest request)
    {
        // Whatever its content type says, and 500 for all that is wrong: V0 has no word for it.
        var bytes = await RequestBody.ReadBytesAsync(request.Context);
        var isAdded = request.IsRunning
            && JsonShape.MeasureFirst(bytes, options.ActionLimits, out _) == JsonShapeStatus.Ok
            && JsonTree.TryRead(bytes, out var action)
            && await conversations.SubmitAsync(request.Key, action, request.Aborted) is null;
        return isAdded ? s_success : ApiAnswer.InternalError;
    }

    private async ValueTask<IResult> SendMessageAsync(ConversationRequest request)
    {
        var errors = new RequestErrors();
        var message = (await RequestBody.ReadFieldsAsync(request.Context, errors))?.RequiredText("message") ?? "";
        if (errors.Any)
        {
            return errors.Answer;
        }

        return await FindProblemAsync(request, message) is not { } problem
            ? s_success
            : ApiAnswer.Of(
                new JObject { ["success"] = false, ["error"] = $"Error adding message to conversation: {problem}" },
                StatusCodes.Status500InternalServerError);
    }

    /// <summary>Why the message is not taken; null when it is.</summary>
    private async ValueTask<string?> FindProblemAsync(ConversationRequest request, string message)
    {
        if (!request.IsRunning)
        {
            return $"no_conversation:{request.Id}";
        }

        try
        {
            var action = new JObject { ["action"] = "message", ["args"] = new JObject { ["content"] = message } };
            return await conversations.SubmitAsync(request.Key, action, request.Aborted);
        }
        catch (Exception exception) when (StoreFailures.Covers(exception))
        {
            return StoreFailures.Tell(request.Context, exception);
        }
    }
}
