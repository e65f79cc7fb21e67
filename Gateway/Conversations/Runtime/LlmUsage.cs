using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>What the model has cost since the conversation began, as an event's <c>llm_metrics</c> says it. Immutable.</summary>
internal sealed class LlmUsage
{
    private readonly JToken _cost;
    private readonly (JToken Prompt, JToken Completion, long Total)? _tokens;

    private LlmUsage(JToken cost, (JToken Prompt, JToken Completion, long Total)? tokens)
    {
        _cost = cost;
        _tokens = tokens;
    }

    /// <summary>Null when the event says nothing of it.</summary>
    public static LlmUsage? Of(JObject draft)
    {
        if (draft.Object("llm_metrics") is not { } metrics || metrics["accumulated_cost"].AsNumber() is null)
        {
            return null;
        }

        var usage = metrics.Object("accumulated_token_usage");
        var prompt = usage?["prompt_tokens"].AsNumber();
        var completion = usage?["completion_tokens"].AsNumber();
        return new LlmUsage(
            metrics.Copy("accumulated_cost"),
            prompt is { } one && completion is { } two
                ? (usage.Copy("prompt_tokens"), usage.Copy("completion_tokens"), (long)(one + two))
                : null);
    }

    /// <summary>Writes V0's fields into its metadata.</summary>
    public void WriteTo(JObject metadata)
    {
        metadata["accumulated_cost"] = _cost.DeepClone();
        if (_tokens is { } tokens)
        {
            metadata["prompt_tokens"] = tokens.Prompt.DeepClone();
            metadata["completion_tokens"] = tokens.Completion.DeepClone();
            metadata["total_tokens"] = tokens.Total;
        }
    }
}
