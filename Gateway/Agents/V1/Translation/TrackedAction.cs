using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// A V1 action on its way through V0: what observations and confirmations refer to. Owned by the <see cref="TranslationContext"/>;
/// <see cref="V0Id"/> is set by whoever appends the draft, each time it is announced (a confirmed action is announced again).
/// </summary>
internal sealed class TrackedAction(string v1Id, string toolCallId, JObject draft)
{
    public string V1Id { get; } = v1Id;

    public string ToolCallId { get; } = toolCallId;

    /// <summary>The V0 action as last announced, without id.</summary>
    public JObject Draft { get; set; } = draft;

    public int V0Id { get; set; } = -1;

    /// <summary>V0's name of the action: <c>run</c>, <c>edit</c>, …</summary>
    public string Name => Draft.Text("action");

    public JObject Args => Draft.Object("args") ?? [];
}
