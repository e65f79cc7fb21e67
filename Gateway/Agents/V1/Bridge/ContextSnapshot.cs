using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// A translation's memory as JSON, and back. Only ever taken when nothing is held. Actions are named by their V0 ids: the log has them.
/// Pure.
/// </summary>
internal static class ContextSnapshot
{
    public static JObject Write(TranslationContext context) => new()
    {
        ["status"] = context.Status,
        ["shown"] = context.ShownState,
        ["reason"] = context.ShownReason,
        ["last"] = context.LastAgentEvent.ToString(),
        ["policy"] = context.Confirmation.Policy,
        ["analyzer"] = context.Confirmation.Analyzer,
        ["goal"] = context.IsGoalActive,
        ["metrics"] = context.Metrics,
        ["url"] = context.BrowserUrl,
        ["rejected"] = context.RejectionAnnounced,
        ["deferred"] = context.RunningDeferred,
        ["open"] = new JArray(context.Open.Select(action => new JObject
        {
            ["v1"] = action.V1Id,
            ["call"] = action.ToolCallId,
            ["batch"] = action.Batch,
            ["v0"] = action.V0Id,
            ["awaiting"] = context.Awaiting.Contains(action),
        })),
        ["ended"] = new JArray(context.EndedAcpCalls),
    };

    /// <param name="readEvent">A V0 event by its id; null when the log does not have it.</param>
    public static async ValueTask ReadAsync(JObject snapshot, TranslationContext context, Func<int, ValueTask<JObject?>> readEvent)
    {
        context.Status = snapshot.TextOrNull("status");
        context.ShownState = snapshot.TextOrNull("shown");
        context.ShownReason = snapshot.Text("reason");
        context.LastAgentEvent = Enum.TryParse<LastAgentEvent>(snapshot.Text("last"), out var last) ? last : LastAgentEvent.None;
        context.Confirmation = new ConfirmationRules { Policy = PolicyOf(snapshot), Analyzer = snapshot.TextOrNull("analyzer") };
        context.IsGoalActive = snapshot["goal"] is JValue { Type: JTokenType.Boolean, Value: bool isActive } ? isActive : null;
        context.Metrics = snapshot.Object("metrics");
        context.BrowserUrl = snapshot.Text("url");
        context.RejectionAnnounced = snapshot.Flag("rejected");
        context.RunningDeferred = snapshot.Flag("deferred");
        context.EndedAcpCalls.AddRange((snapshot["ended"] as JArray ?? []).Values<string>().OfType<string>());
        foreach (var open in snapshot.Objects("open"))
        {
            if (open.Integer("v0") is not { } id || await readEvent(id) is not { } stored)
            {
                continue;
            }

            var action = new TrackedAction(open.Text("v1"), open.Text("call"), Draft(stored), open.Text("batch")) { V0Id = id };
            context.AddOpen(action);
            if (open.Flag("awaiting"))
            {
                context.Awaiting.Add(action);
            }
        }
    }

    /// <summary>Earlier versions kept the policy's kind alone.</summary>
    private static JObject? PolicyOf(JObject snapshot) =>
        snapshot.TextOrNull("policy") is { } kind ? new JObject { ["kind"] = kind } : snapshot.Object("policy");

    /// <summary>A stored event without what the conversation gave it.</summary>
    private static JObject Draft(JObject stored)
    {
        var draft = (JObject)stored.DeepClone();
        draft.Remove("id");
        draft.Remove("source");
        draft.Remove("message");
        return draft;
    }
}
