using Gateway.Conversations.Events;
using Gateway.Primitives;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Recorded;

/// <summary>One recorded event.</summary>
/// <param name="FromClient">A client sent it over its socket: it is waited for, not made.</param>
internal sealed record RecordedEvent(int Id, JObject Json, EventSource Source, bool FromClient);

/// <summary>Something without an id that the recorded server sent.</summary>
/// <param name="AfterId">It came after this event; -1: before all.</param>
/// <param name="Receivers">How many clients got it.</param>
/// <param name="Joins">How many clients had joined by then, in this life of the server: those who had left again did not get it.</param>
internal sealed record RecordedNotice(int AfterId, JObject Json, int Receivers, int Joins, int Life);

/// <summary>What the recorded server and its agent did in one conversation. Immutable; made by <see cref="RecordedScriptReader"/>.</summary>
/// <param name="Histories">For each life of the recorded server, the highest id that its first client got by replay.</param>
internal sealed record RecordedScript(IReadOnlyList<RecordedEvent> Events, IReadOnlyList<RecordedNotice> Notices, IReadOnlyList<int> Histories)
{
    public static RecordedScript Empty { get; } = new([], [], [-1]);

    /// <summary>What is history when a life begins: its events are there before its first client.</summary>
    public int HistoryEnd(int life) => Histories[Math.Clamp(life, 0, Histories.Count - 1)];

    /// <summary>The last event of a life: the next one begins with what was stored by then.</summary>
    public int LifeEnd(int life) => life >= 0 && life + 1 < Histories.Count ? Histories[life + 1] : int.MaxValue;

    /// <summary>A stored event, or a client's action, is this recorded one: the same kind, and no argument that both have differs.</summary>
    public static bool IsSame(JObject recorded, JObject other)
    {
        var kind = recorded["action"] is not null ? "action" : "observation";
        if (!JToken.DeepEquals(recorded[kind], other[kind]))
        {
            return false;
        }

        if (kind == "observation")
        {
            return JToken.DeepEquals(recorded["content"], other["content"])
                && (other["extras"] is not JObject extras || JToken.DeepEquals(recorded["extras"].Member("agent_state"), extras["agent_state"]));
        }

        var (left, right) = (recorded["args"] as JObject ?? [], other["args"] as JObject ?? []);
        var shared = right.Properties().Where(argument => left.ContainsKey(argument.Name)).ToList();
        return (shared.Count > 0 || left.Count == 0) && shared.TrueForAll(argument => JToken.DeepEquals(left[argument.Name], argument.Value));
    }
}
