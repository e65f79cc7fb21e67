using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>
/// A call as V0's log has it: shown once more when the user has answered, and its results. Owned by one <see cref="CallIndex"/>.
/// </summary>
internal sealed class IndexedCall(int v0Id, JObject first)
{
    public int V0Id { get; } = v0Id;

    public JObject First { get; } = first;

    /// <summary>Of all events that show it, in order.</summary>
    public List<int> ShownIds { get; } = [v0Id];

    public List<(int V0Id, JObject Event)> Results { get; } = [];

    /// <summary>What the user said of it, in V0's word; null when nobody was asked, or nobody has answered.</summary>
    public string? Answer { get; set; }

    /// <summary>Something of another kind came between it and its result.</summary>
    public bool IsInterrupted { get; set; }

    /// <summary>The user was asked. Only some of V0's actions say so themselves.</summary>
    public bool AwaitsConfirmation => Answer is not null || SaysItWaits;

    public string ToolCallId => First.Object("tool_call_metadata").Text("tool_call_id");

    /// <summary>The one that V1 keeps: the tool's own, or else the first.</summary>
    public (int V0Id, JObject Event)? Result => Results.Count == 0
        ? null
        : Results.Find(static result => result.Event.Text("observation") is not ("error" or "user_rejected")) is { Event: not null } own
            ? own
            : Results[0];

    /// <summary>Whether this action shows the call once more, with the user's answer.</summary>
    public bool IsShownAgainBy(JObject action) =>
        Answer is null && Results.Count == 0
        && action.Text("action") == First.Text("action")
        && (ToolCallId.Length > 0
            ? ToolCallId == action.Object("tool_call_metadata").Text("tool_call_id")
            : SaysItWaits && JToken.DeepEquals(Asked(First), Asked(action)));

    private bool SaysItWaits => First.Object("args").Text("confirmation_state") == "awaiting_confirmation";

    /// <summary>The arguments that the answer does not change.</summary>
    private static JObject Asked(JObject action)
    {
        var args = action.Object("args")?.DeepClone() as JObject ?? [];
        args.Remove("confirmation_state");
        args.Remove("thought");
        return args;
    }
}
