using Gateway.Conversations.Events;
using Gateway.SocketIO;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// The state <c>init</c>, which V0's servers told up to 0.21: web UIs of that time wait for it before they send the message that was typed
/// on their first page. It is told once, just before the first <c>awaiting_user_input</c>, and is stored nowhere. A state that is the
/// newest thing in the log is therefore told after the CONNECT answer, not in the replay. Owned by the cursor of
/// such a client; one caller at a time.
/// </summary>
internal sealed class InitState
{
    private static readonly ReadOnlyMemory<byte> s_json = EventWriter.Encode(Message());

    public bool IsTold { get; private set; }

    /// <summary>Adds what is still to be told before this event.</summary>
    public void AddBefore(in StoredEvent stored, PreparedEventBatch batch)
    {
        if (!IsTold && AgentStates.Of(stored) is AgentStates.AwaitingUserInput)
        {
            IsTold = true;
            batch.Add(s_json.Span);
        }
    }

    private static JObject Message()
    {
        var json = new JObject { ["source"] = "agent", ["message"] = "" };
        json.Merge(AgentStates.Changed(AgentStates.Init));
        return json;
    }
}
