using Gateway.Conversations;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>Answers that several routes of conversations give. Pure. Source: PROTOCOL.md, "V0 conversations".</summary>
internal static class ConversationAnswers
{
    public const string Starting = "STARTING";

    public static readonly ApiAnswer True = ApiAnswer.Of(new JValue(true));

    public static readonly ApiAnswer False = ApiAnswer.Of(new JValue(false));

    public static readonly ApiAnswer Null = ApiAnswer.Of(JValue.CreateNull());

    /// <summary>Why a conversation is not made or not changed, with the id by which the web UI finds its own words.</summary>
    public static ApiAnswer Refused(int status, string message, string messageId) => ApiAnswer.Of(
        new JObject { ["status"] = "error", ["message"] = message, ["msg_id"] = messageId }, status);

    /// <summary>What became of a start, a stop or a creation.</summary>
    public static ApiAnswer Status(object id, string? message, string status) => ApiAnswer.Of(new JObject
    {
        ["status"] = "ok",
        ["conversation_id"] = id.ToString(),
        ["message"] = message,
        ["conversation_status"] = status,
    });
}
