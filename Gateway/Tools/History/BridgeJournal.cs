using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Translation;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;
using Gateway.Tools.History.ToV1;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>
/// Tells the bridge which V1 events are V0 events that its store has already: without that a gateway over the same store would show the
/// history a second time, as V1's. Stateless.
/// </summary>
internal static class BridgeJournal
{
    /// <summary>Writes the bridge's journal; nothing where the bridge has begun one itself.</summary>
    /// <param name="journal">The journal of that name beside V0's log.</param>
    /// <param name="history">What V1 has.</param>
    /// <param name="events">V0's log, whole.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    public static async ValueTask WriteAsync(
        IJournal journal, V1History history, IReadOnlyList<(int V0Id, JObject Event)> events, CancellationToken cancellationToken)
    {
        var head = events[^1].V0Id;
        var map = new V1Map(journal);
        await map.LoadAsync(head, cancellationToken);
        if (map.Count > 0)
        {
            return;
        }

        // What the translation remembers is what it would, had it shown all this itself.
        var translator = new EventTranslator(new TranslationContext());
        for (var i = 0; i < history.Events.Count; i++)
        {
            var one = history.Events[i];
            translator.Translate(one);
            map.Add(one.Text("id"), one.Text("timestamp"));
            foreach (var v0Id in history.V0Ids[i])
            {
                map.Relate(one.Text("id"), v0Id);
            }
        }

        translator.Release();
        translator.Context.ShownState = events
            .Select(static one => one.Event)
            .LastOrDefault(static one => one.Text("observation") == "agent_state_changed")
            ?.Object("extras").TextOrNull("agent_state");
        translator.Context.ShownReason = "";
        await map.CommitAsync(ContextSnapshot.Write(translator.Context), head, unrecognised: null, cancellationToken);
    }
}
