using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1;

/// <summary>How conversations that the agent-server does not know are made there, if at all. Immutable; one for the process.</summary>
internal sealed class ConversationTemplate
{
    private readonly JObject? _template;

    public ConversationTemplate(IOptions<V1Options> options)
    {
        if (options.Value.ConversationTemplate is { Length: > 0 } path)
        {
            _template = V1Json.TryParseObject(File.ReadAllText(path), out var json) ? json : throw new InvalidDataException("V1:ConversationTemplate is no JSON object.");
        }
    }

    /// <summary>A StartConversationRequest under this id; null without a template.</summary>
    public JObject? Create(Guid conversationId)
    {
        if (_template?.DeepClone() is not JObject request)
        {
            return null;
        }

        request["conversation_id"] = conversationId.ToString("D");
        request.Remove("initial_message");
        return request;
    }
}
