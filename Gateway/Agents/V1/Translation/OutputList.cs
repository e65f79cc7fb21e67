using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>Collects what one V1 event gives, in V0's order. Owned by one translator, used by one thread.</summary>
internal sealed class OutputList(TranslationContext context)
{
    private List<TranslationOutput> _outputs = [];

    public void Append(JObject draft, EventSource source, TrackedAction? announces = null, TrackedAction? answers = null) =>
        _outputs.Add(new TranslationOutput { Json = draft, Source = source, Announces = announces, Answers = answers });

    public void TransientMessage(JObject transientMessage) =>
        _outputs.Add(new TranslationOutput { Json = transientMessage, IsTransientMessage = true });

    /// <summary>A state that is shown already is not shown again.</summary>
    public void State(string timestamp, string state, string reason = "")
    {
        if (context.ShownState == state && context.ShownReason == reason)
        {
            return;
        }

        context.ShownState = state;
        context.ShownReason = reason;
        Append(V0Draft.State(timestamp, state, reason), EventSource.Environment);
    }

    public IReadOnlyList<TranslationOutput> Take()
    {
        var taken = _outputs;
        _outputs = [];
        return taken;
    }
}
