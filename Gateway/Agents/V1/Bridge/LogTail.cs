using Gateway.Agents.V1.Translation;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// The V0 events that were stored after the last commit of the map: what a crash left half known. The translation gives them again, and
/// they are recognised instead of appended twice. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class LogTail
{
    // More than one batch that was not committed; past it nothing of a crash can be.
    private const int MaxEvents = 2_000;

    private static readonly string[] s_compared = ["timestamp", "action", "observation", "args", "content", "extras"];

    private readonly List<(int Id, JObject Json)> _events = [];

    /// <summary>The last agent state in the tail that nothing recognised: shown by the gateway itself.</summary>
    public string? OwnState => _events.LastOrDefault(static e => e.Json.Text("observation") == "agent_state_changed").Json
        ?.Object("extras")?.TextOrNull("agent_state");

    public async ValueTask LoadAsync(IEventLog log, int committedHead, CancellationToken cancellationToken)
    {
        var next = Math.Max(committedHead + 1, log.Head - MaxEvents);
        while (next <= log.Head)
        {
            using var page = await log.ReadAsync(next, log.Head, cancellationToken);
            foreach (var stored in page.Events)
            {
                if (V0Events.Parse(stored) is { } json)
                {
                    _events.Add((stored.Id, json));
                }
            }

            next = page.NextId;
        }
    }

    /// <summary>The id of a draft that is in the log already. Each stored event is recognised once.</summary>
    public int? Recognise(JObject draft)
    {
        // An event without V1's time is the gateway's own, made once and not again.
        if (_events.Count == 0 || draft["timestamp"] is null)
        {
            return null;
        }

        var index = _events.FindIndex(stored => s_compared.All(name => IsSame(stored.Json[name], draft[name])));
        if (index < 0)
        {
            return null;
        }

        var id = _events[index].Id;
        _events.RemoveAt(index);
        return id;
    }

    private static bool IsSame(JToken? stored, JToken? draft) => stored is null ? draft is null : JToken.DeepEquals(stored, draft);
}
