using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>V1's messages, system prompt and condensations as V0 actions. Owned by one translator, used by one thread.</summary>
internal sealed class MessageTranslator(TranslationContext context, OutputList outputs)
{
    // The V0 that these events are shaped after.
    private const string OpenHandsVersion = "0.62.0";

    public void OnSystemPrompt(JObject prompt)
    {
        var content = prompt.Object("system_prompt")?.Text("text") ?? "";
        if (prompt.Object("dynamic_context")?.Text("text") is { Length: > 0 } dynamicContext)
        {
            content = $"{content}\n\n{dynamicContext}";
        }

        var args = new JObject
        {
            ["content"] = content,
            ["tools"] = new JArray(prompt.Objects("tools").Select(Tool)),
            ["openhands_version"] = OpenHandsVersion,
            ["agent_class"] = "CodeActAgent",
        };
        outputs.Append(V0Draft.Action(prompt.Text("timestamp"), "system", args), EventSource.Agent);
    }

    public void OnUserMessage(JObject message)
    {
        var timestamp = message.Text("timestamp");
        var (text, images) = Content(message);
        if (GoalMessages.IsOne(text) && context.IsGoalActive != false)
        {
            // Said to the agent, and by nobody in the room. It tells the user why the agent goes on.
            outputs.Append(
                V0Draft.Action(timestamp, "message", MessageArgs(text, JValue.CreateNull(), waitForResponse: false)), EventSource.Agent);
            return;
        }

        var args = MessageArgs(text, images, waitForResponse: false);
        args["file_urls"] = context.FileUrls ?? [];
        outputs.Append(V0Draft.Action(timestamp, "message", args), EventSource.User);

        if (message["activated_skills"] is JArray { Count: > 0 } skills)
        {
            outputs.Append(Recall(timestamp, skills, message), EventSource.Environment);
        }
    }

    public void OnAgentMessage(JObject message)
    {
        var (text, _) = Content(message);
        if (text.Length == 0)
        {
            return;
        }

        var args = MessageArgs(text, JValue.CreateNull(), waitForResponse: true);
        outputs.Append(V0Draft.Action(message.Text("timestamp"), "message", args, context.Metrics), EventSource.Agent);
    }

    public void OnCondensation(JObject condensation)
    {
        // V1's is a set, in no order.
        var forgotten = ForgottenIds(condensation).SelectMany(id => context.V0Ids.GetValueOrDefault(id) ?? []).Order();
        // V0's reader refuses one of the two without the other.
        var hasSummary = condensation.TextOrNull("summary") is not null && condensation.Integer("summary_offset") is not null;
        var args = new JObject
        {
            ["forgotten_event_ids"] = new JArray(forgotten),
            ["forgotten_events_start_id"] = null,
            ["forgotten_events_end_id"] = null,
            ["summary"] = hasSummary ? condensation.Copy("summary") : null,
            ["summary_offset"] = hasSummary ? condensation.Copy("summary_offset") : null,
        };
        outputs.Append(V0Draft.Action(condensation.Text("timestamp"), "condensation", args, context.Metrics), EventSource.Agent);
    }

    /// <summary>The V1 events that a condensation forgets.</summary>
    public static IEnumerable<string> ForgottenIds(JObject condensation) => (condensation["forgotten_event_ids"] as JArray ?? [])
        .Where(static id => id.Type == JTokenType.String)
        .Select(static id => (string?)id ?? "");

    public void OnCondensationRequest(JObject request) =>
        outputs.Append(V0Draft.Action(request.Text("timestamp"), "condensation_request", []), EventSource.Agent);

    /// <summary>What a message says: its text, and its images as V0 has them.</summary>
    public static (string Text, JArray Images) Content(JObject message)
    {
        var items = Items(message);
        return (V1Json.JoinedText(items), [.. items.SelectMany(Images)]);
    }

    private static List<JObject> Items(JObject message) => message.Object("llm_message") is not { } content ? []
        : content["content"] is JValue { Type: JTokenType.String } text ? [new JObject { ["text"] = text.DeepClone() }]
        : [.. content.Objects("content")];

    private static IEnumerable<JToken> Images(JObject item) =>
        (item["image_urls"] as JArray ?? []).Where(static url => url.Type == JTokenType.String);

    private static JObject MessageArgs(string content, JToken images, bool waitForResponse) => new()
    {
        ["content"] = content,
        ["file_urls"] = null,
        ["image_urls"] = images,
        ["wait_for_response"] = waitForResponse,
        ["security_risk"] = -1,
    };

    private static JObject Tool(JObject tool) => new()
    {
        ["type"] = "function",
        ["function"] = new JObject
        {
            ["name"] = tool.TextOrNull("name") ?? tool.TextOrNull("title") ?? ToolName(tool.Text("kind")),
            ["description"] = tool.Text("description"),
            ["parameters"] = new JObject(),
        },
    };

    private static string ToolName(string kind) =>
        SnakeCase.From(kind.EndsWith("Tool", StringComparison.Ordinal) ? kind[..^"Tool".Length] : kind);

    /// <summary>The skills that a message woke are V0's microagents; V1 gives their text as one.</summary>
    private static JObject Recall(string timestamp, JArray skills, JObject message)
    {
        var text = V1Json.JoinedText(message.Objects("extended_content"));
        var knowledge = skills.Select((skill, index) => new JObject
        {
            ["name"] = skill.Type == JTokenType.String ? skill.DeepClone() : "",
            ["trigger"] = "",
            ["content"] = index == 0 ? text : "",
        });
        return V0Draft.Observation(timestamp, "recall", "Retrieved knowledge from microagents", new JObject
        {
            ["recall_type"] = "knowledge",
            ["repo_name"] = "",
            ["repo_directory"] = "",
            ["repo_branch"] = "",
            ["repo_instructions"] = "",
            ["runtime_hosts"] = new JObject(),
            ["additional_agent_instructions"] = "",
            ["date"] = "",
            ["custom_secrets_descriptions"] = new JObject(),
            ["conversation_instructions"] = "",
            ["working_dir"] = "",
            ["microagent_knowledge"] = new JArray(knowledge),
        });
    }
}
