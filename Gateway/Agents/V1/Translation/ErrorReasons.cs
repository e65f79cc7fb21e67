using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// A V1 conversation error as V0 shows it: the id of its status update, and the reason of its error state (PROTOCOL.md, "V1 errors as V0
/// errors"). The newer server classifies its errors; the older one gives the library's exception names (PROTOCOL.md, "V1 1.1"). Pure.
/// </summary>
internal readonly record struct ErrorReason(string StatusId, string Reason)
{
    private const string Authentication = "STATUS$ERROR_LLM_AUTHENTICATION";
    private const string OutOfCredits = "STATUS$ERROR_LLM_OUT_OF_CREDITS";
    private const string RateLimited = "CHAT_INTERFACE$AGENT_RATE_LIMITED_STOPPED_MESSAGE";
    private const string Unavailable = "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE";
    private const string ContentPolicy = "STATUS$ERROR_LLM_CONTENT_POLICY_VIOLATION";

    /// <summary>V0's words for <c>stuck</c>.</summary>
    public const string Stuck = "AgentStuckInLoopError: Agent got stuck in a loop";

    public static ErrorReason From(JObject conversationError)
    {
        var code = conversationError.Text("code");
        var detail = conversationError.Text("detail");
        if (ByCode(code) is { } byCode)
        {
            return new ErrorReason(byCode, byCode);
        }

        var text = code switch
        {
            "MaxIterationsReached" => $"RuntimeError: Agent reached maximum iteration. {detail}",
            "MaxBudgetReached" => $"RuntimeError: Agent reached maximum budget for conversation. {detail}",
            _ => null,
        };
        if (text is not null)
        {
            return new ErrorReason(V0StatusId.Error, text);
        }

        var byClass = conversationError.Object("classification")?.Text("kind") switch
        {
            "auth" => Authentication,
            "quota" => OutOfCredits,
            "rate_limit" => RateLimited,
            "transient" => Unavailable,
            _ => null,
        };
        return byClass is not null ? new ErrorReason(byClass, byClass) : new ErrorReason(V0StatusId.Error, $"{code}: {detail}");
    }

    private static string? ByCode(string code) => code switch
    {
        "LLMContentPolicyViolationError" or "ContentPolicyViolationError" => ContentPolicy,
        "LLMAuthenticationError" or "AuthenticationError" => Authentication,
        "LLMRateLimitError" or "RateLimitError" => RateLimited,
        "LLMServiceUnavailableError" or "ServiceUnavailableError" or "APIConnectionError" => Unavailable,
        "BudgetExceededError" => OutOfCredits,
        _ => null,
    };
}
