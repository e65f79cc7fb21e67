using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1;

/// <summary>How conversations that the agent-server does not know are made there, if at all. Immutable; one for the process.</summary>
internal sealed class ConversationTemplate
{
    private static readonly string[] s_tools = ["terminal", "file_editor", "task_tracker"];

    private readonly JObject? _template;
    private readonly JObject _default;

    public ConversationTemplate(IOptions<V1Options> options)
    {
        _default = Default(options.Value.WorkingDirectory);
        if (options.Value.ConversationTemplate is { Length: > 0 } path)
        {
            _template = JsonTree.TryReadObject(File.ReadAllText(path), out var json)
                ? json
                : throw new InvalidDataException("V1:ConversationTemplate is no JSON object.");
        }
    }

    /// <summary>A StartConversationRequest under this id; null without a template.</summary>
    public JObject? Create(Guid conversationId) => _template is null ? null : Of(_template, conversationId);

    /// <summary>
    /// The same where there is no template: an agent with V1's usual tools, whose model is still to be named
    /// (<see cref="Rest.StartRequest"/>).
    /// </summary>
    public JObject CreateOrDefault(Guid conversationId) => Of(_template ?? _default, conversationId);

    private static JObject Of(JObject template, Guid conversationId)
    {
        var request = (JObject)template.DeepClone();
        request["conversation_id"] = conversationId.ToString("D");
        request.Remove("initial_message");
        return request;
    }

    private static JObject Default(string workingDirectory) => new()
    {
        ["agent"] = new JObject
        {
            ["kind"] = "Agent",
            ["llm"] = new JObject { ["usage_id"] = "agent" },
            ["tools"] = new JArray(s_tools.Select(static name => new JObject { ["name"] = name })),
        },
        ["workspace"] = new JObject { ["working_dir"] = workingDirectory },
    };
}
