using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// V1's <c>stats</c> as V0's <c>llm_metrics</c>: V0 counts all models of a conversation as one, and leaves its lists empty on the wire.
/// Pure.
/// </summary>
internal static class LlmMetrics
{
    private static readonly string[] s_summed = ["prompt_tokens", "completion_tokens", "cache_read_tokens", "cache_write_tokens"];

    /// <summary>Null when there are no numbers yet.</summary>
    public static JObject? From(JObject stats)
    {
        var usages = (stats.Object("usage_to_metrics") ?? []).Properties()
            .Where(static property => property.Value is JObject)
            // The agent's own model first: its name and last turn stand for the whole.
            .OrderBy(static property => property.Name == "agent" ? 0 : 1)
            .Select(static property => (JObject)property.Value)
            .ToList();
        if (usages.Count == 0)
        {
            return null;
        }

        var tokens = usages.ConvertAll(static usage => usage.Object("accumulated_token_usage") ?? []);
        var total = new JObject { ["model"] = tokens[0].Text("model") };
        foreach (var name in s_summed)
        {
            total[name] = (long)tokens.Sum(usage => usage.Number(name));
        }

        total["context_window"] = (long)tokens.Max(static usage => usage.Number("context_window"));
        total["per_turn_token"] = (long)tokens[0].Number("per_turn_token");
        total["response_id"] = "";
        return new JObject
        {
            ["accumulated_cost"] = usages.Sum(static usage => usage.Number("accumulated_cost")),
            ["max_budget_per_task"] = usages
                .Select(static usage => usage["max_budget_per_task"])
                .FirstOrDefault(static budget => budget.AsNumber() is not null)
                ?.DeepClone(),
            ["accumulated_token_usage"] = total,
            ["costs"] = new JArray(),
            ["response_latencies"] = new JArray(),
            ["token_usages"] = new JArray(),
        };
    }
}
