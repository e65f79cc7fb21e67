using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>Collects what one V1 event gives, in V0's order. Owned by one translator, used by one thread.</summary>
internal sealed class OutputList(TranslationContext context)
{
    private List<TranslationOutput> _outputs = [];
    private string _v1Id = "";

    /// <summary>What follows is shown for this V1 event, where nothing else is said; empty: for none.</summary>
    public void Begin(string v1Id) => _v1Id = v1Id;

    /// <param name="draft">The event.</param>
    /// <param name="source">As <see cref="TranslationOutput.Source"/>.</param>
    /// <param name="announces">As <see cref="TranslationOutput.Announces"/>.</param>
    /// <param name="answers">As <see cref="TranslationOutput.Answers"/>.</param>
    /// <param name="v1Id">Another V1 event than the one at hand.</param>
    public void Append(
        JObject draft, EventSource source, TrackedAction? announces = null, TrackedAction? answers = null, string? v1Id = null) =>
        _outputs.Add(new TranslationOutput
        {
            Json = draft,
            Source = source,
            Announces = announces,
            Answers = answers,
            V1Id = v1Id ?? _v1Id,
        });

    public void TransientMessage(JObject transientMessage) =>
        _outputs.Add(new TranslationOutput { Json = transientMessage, IsTransientMessage = true });

    /// <summary>As <see cref="State(string, string, string, string?)"/>, for a status that was held.</summary>
    public void State(HeldStatus held, string state) => State(held.Timestamp, state, v1Id: held.V1Id);

    /// <summary>A state that is shown already is not shown again.</summary>
    public void State(string timestamp, string state, string reason = "", string? v1Id = null)
    {
        if (context.ShownState == state && context.ShownReason == reason)
        {
            return;
        }

        context.ShownState = state;
        context.ShownReason = reason;
        Append(V0Draft.State(timestamp, state, reason), EventSource.Environment, v1Id: v1Id);
    }

    public IReadOnlyList<TranslationOutput> Take()
    {
        var taken = _outputs;
        _outputs = [];
        return taken;
    }
}
