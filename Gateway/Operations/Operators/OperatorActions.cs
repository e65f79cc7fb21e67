using Gateway.Access;
using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Operations.Operators.Recordings;
using Gateway.Operations.Operators.Tables;

namespace Gateway.Operations.Operators;

/// <summary>What operators see of one conversation, and do with it. What changes something is a POST. Stateless.</summary>
internal static class OperatorActions
{
    private const int ClientRows = 50;
    private const int MaxNotice = 1_000;

    /// <summary>A notice to those in a conversation.</summary>
    internal sealed record Notice(string? Message);

    public static void MapConversationActions(this RouteGroupBuilder api)
    {
        api.MapGet("/conversations/{id}", ReadAsync)
            .WithName("GetOperatorConversation").WithSummary("A conversation, its clients and the form of its last events.");
        api.MapPost("/conversations/{id}/close", CloseAsync)
            .WithName("CloseOperatorConversation").WithSummary("Ends the conversation's session: its clients are disconnected.");
        api.MapPost("/conversations/{id}/notice", NoticeAsync)
            .WithName("SendOperatorNotice").WithSummary("Shows a notice to the clients of the conversation.");
        api.MapPost("/conversations/{id}/record", RecordAsync)
            .WithName("StartOperatorRecording").WithSummary("Begins to record the conversation's sockets.");
        api.MapPost("/conversations/{id}/record/stop", StopRecordingAsync)
            .WithName("StopOperatorRecording").WithSummary("Ends the recording of the conversation.");
    }

    private static async Task<IResult> ReadAsync(
        string id, HttpContext context, ConversationUsers users, IAgentBackendFactory backends, ConversationDetail detail) =>
        KeyOf(id, context, users, backends) is not { } key ? NoSuchId
        : await detail.ReadAsync(key, TableQuery.Of(context.Request.Query, ClientRows), context.RequestAborted) is { } view
        ? Results.Json(view)
        : NotKnown;

    private static async Task<IResult> CloseAsync(
        string id, HttpContext context, ConversationUsers users, IAgentBackendFactory backends, ConversationService conversations)
    {
        // A close that has begun is not left half done.
        return KeyOf(id, context, users, backends) is not { } key ? NoSuchId
            : await conversations.CloseAsync(key, SessionCloseReason.Stopped, CancellationToken.None) ? Results.Json(new { closed = true })
            : NotOpen;
    }

    private static async Task<IResult> NoticeAsync(
        string id, Notice notice, HttpContext context, ConversationUsers users, IAgentBackendFactory backends,
        ConversationService conversations)
    {
        if (KeyOf(id, context, users, backends) is not { } key)
        {
            return NoSuchId;
        }

        var message = notice.Message?.Trim() ?? "";
        if (message.Length is 0 or > MaxNotice)
        {
            return Problem(StatusCodes.Status400BadRequest, $"message must be 1 to {MaxNotice} characters");
        }

        return await conversations.SendAsync(key, TransientMessages.StatusUpdate("info", "", message), context.RequestAborted)
            ? Results.Json(new { sent = true })
            : NotOpen;
    }

    private static async Task<IResult> RecordAsync(
        string id, HttpContext context, ConversationUsers users, IAgentBackendFactory backends, ConversationDetail detail,
        ConversationRecorder recorder) =>
        KeyOf(id, context, users, backends) is not { } key ? NoSuchId

        // It would take one of the few places, and nothing would ever be heard of it.
        : !await detail.IsKnownAsync(key, context.RequestAborted) ? NotKnown
        : Answer(await recorder.StartAsync(key, context.RequestAborted));

    private static async Task<IResult> StopRecordingAsync(
        string id, HttpContext context, ConversationUsers users, IAgentBackendFactory backends, ConversationRecorder recorder) =>
        KeyOf(id, context, users, backends) is { } key ? Answer(await recorder.StopAsync(key.Id)) : NoSuchId;

    private static IResult Answer(RecordingOutcome outcome) => outcome.Problem is { } problem
        ? Problem(StatusCodes.Status409Conflict, problem)
        : Results.Json(new { name = outcome.Name });

    /// <summary>The conversation, of the user whom the query names, or of the one that the settings name.</summary>
    private static ConversationKey? KeyOf(string id, HttpContext context, ConversationUsers users, IAgentBackendFactory backends)
    {
        if (!ConversationId.TryParse(id, out var conversation))
        {
            return null;
        }

        var named = context.Request.Query["user"].ToString();
        return named.Length == 0 ? users.KeyOf(conversation, Caller.Anyone)
            : ConversationId.TryParse(named, out var user) ? new ConversationKey(backends.Canonical(conversation), user)
            : null;
    }

    private static IResult NoSuchId => Problem(StatusCodes.Status400BadRequest, "Invalid conversation_id or user");

    private static IResult NotKnown => Problem(StatusCodes.Status404NotFound, "No such conversation");

    private static IResult NotOpen => Problem(StatusCodes.Status409Conflict, "The conversation is not open");

    private static IResult Problem(int status, string detail) => Results.Json(new { detail }, statusCode: status);
}
