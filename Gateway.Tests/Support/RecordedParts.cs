using Gateway.Agents.V1;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>A recorded V1 log as what followed each call of a user. Pure.</summary>
internal static class RecordedParts
{
    /// <summary>Where a user's call begins a part of the log.</summary>
    public static IEnumerable<int> Of(List<JObject> log)
    {
        var start = 0;
        for (var i = 1; i <= log.Count; i++)
        {
            if (i == log.Count || IsCaused(log, i))
            {
                yield return i - start;
                start = i;
            }
        }
    }

    private static bool IsCaused(List<JObject> log, int index)
    {
        var kind = log[index].Text("kind");
        var before = log[index - 1];
        var status = log[index].Text("key") == "execution_status" ? log[index].Text("value") : "";
        return kind == "MessageEvent"
            && log[index].Text("source") == "user"
            && before.Text("kind") != "SystemPromptEvent"
            && before.Text("value") != "idle"
            || status is "paused" or "idle"
            || (status == "running" && before.Text("kind") != "MessageEvent" && before.Text("key") != "last_user_message_id");
    }

    /// <summary>The order in which events are sent.</summary>
    public static IEnumerable<int> Order(int first, int until, bool disorders)
    {
        for (var i = first; i < until; i++)
        {
            // Pairs change places, as messages and their ids did when this was recorded.
            if (disorders && i + 1 < until && (i - first) % 3 == 1)
            {
                yield return i + 1;
                yield return i;
                i++;
            }
            else
            {
                yield return i;
            }
        }
    }
}
