using Gateway.Access;
using Gateway.HttpApi.Conventions;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Feedback;

/// <summary>
/// The thumbs of V0's web UI. V0 sends them, and the whole conversation, to a service of its makers; nothing is sent from here, and the
/// answer is that of a V0 which cannot reach it. Stateless. Source: PROTOCOL.md, "V0 workspace".
/// </summary>
internal static class FeedbackEndpoints
{
    private const string Tag = "Feedback";

    private static readonly string[] s_methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    private static readonly ApiAnswer s_failed =
        ApiAnswer.Error(StatusCodes.Status500InternalServerError, "Failed to submit feedback");

    public static void MapFeedback(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapConversation().RequireAccess(AccessRights.Read).WithTags(Tag)
            .MapPost("submit-feedback", ConversationRoutes.ForConversation(SubmitAsync))
            .WithName("SubmitFeedback").WithSummary("Feedback for V0's makers, which is not sent on");

        // Asked by the web UIs 0.44 to 0.48 of every server, and known to the hosted one alone: the UI's page would not be read as "none".
        endpoints.MapMethods("/feedback/{**path}", s_methods, static () => ApiAnswer.NotFound)
            .WithTags(Tag).WithName("FindFeedback").WithSummary("Feedback that was given on the hosted product: none");
    }

    private static async ValueTask<IResult> SubmitAsync(ConversationRequest request)
    {
        var bytes = await RequestBody.ReadBytesAsync(request.Context);
        return JsonTree.TryReadObject(bytes, out var feedback) && IsFeedback(feedback) ? s_failed : ApiAnswer.InternalError;
    }

    /// <summary>V0 fails on what is none before it asks the service.</summary>
    private static bool IsFeedback(JObject feedback) =>
        feedback.TextOrNull("polarity") is "positive" or "negative"
        && (feedback["permissions"] is null || feedback.TextOrNull("permissions") is "public" or "private")
        && IsTextOrAbsent(feedback["email"])
        && IsTextOrAbsent(feedback["version"]);

    private static bool IsTextOrAbsent(JToken? value) => value is null or { Type: JTokenType.String };
}
