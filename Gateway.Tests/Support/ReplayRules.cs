using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>An event and its id, as a client is to be given it.</summary>
internal sealed record ExpectedEvent(int Id, JObject Json);

/// <summary>
/// What a replay has to give, said a second time and as plainly as can be: the rules of V0 (PROTOCOL.md, "V0 replay" and "V0 accidents")
/// over a store's files, with the newest agent state in its place by id instead of last. Pure.
/// </summary>
internal static class ReplayRules
{
    public static IReadOnlyList<ExpectedEvent> Apply(SortedDictionary<int, JObject> stored, int latestEventId = -1)
    {
        var shown = stored
            .Where(pair => pair.Key > latestEventId && !IsHidden(pair.Value))
            .Select(static pair => new ExpectedEvent(pair.Key, AsShown(pair.Value)))
            .ToList();
        var newest = shown.FindLastIndex(static e => IsState(e.Json));
        return [.. shown.Where((e, place) => place == newest || !IsState(e.Json))];
    }

    private static bool IsHidden(JObject json) =>
        json.Value<string>("action") is "null" or "recall" || json.Value<string>("observation") == "null";

    private static bool IsState(JObject json) =>
        json.Value<string>("action") is null && json.Value<string>("observation") == "agent_state_changed";

    // V0 stores the name of a Python constant here, and makes the text anew when it reads.
    private static JObject AsShown(JObject stored)
    {
        if (stored.Value<string>("action") != "change_agent_state")
        {
            return stored;
        }

        var shown = (JObject)stored.DeepClone();
        shown["message"] = $"Agent state changed to {stored["args"]?.Value<string>("agent_state")}";
        return shown;
    }
}
