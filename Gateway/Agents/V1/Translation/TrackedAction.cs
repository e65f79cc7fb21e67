using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// A V1 action on its way through V0: what observations and confirmations refer to. Owned by the <see cref="TranslationContext"/>;
/// <see cref="V0Id"/> is set by whoever appends the draft, each time it is announced (a confirmed action is announced again).
/// </summary>
/// <param name="batch">The model's answer in which it was asked for; empty where V1 does not say.</param>
internal sealed class TrackedAction(string v1Id, string toolCallId, JObject draft, string batch = "")
{
    public string V1Id { get; } = v1Id;

    public string ToolCallId { get; } = toolCallId;

    /// <summary>What V1 decides about as one: all of it waits for the user, or nothing.</summary>
    public string Batch { get; } = batch;

    /// <summary>The V0 action as last announced, without id.</summary>
    public JObject Draft { get; set; } = draft;

    public int V0Id { get; set; } = -1;

    /// <summary>V0's name of the action: <c>run</c>, <c>edit</c>, …</summary>
    public string Name => Draft.Text("action");

    public JObject Args => Draft.Object("args") ?? [];

    public int Risk => Args.Integer("security_risk") ?? ToolActions.UnknownRisk;
}
