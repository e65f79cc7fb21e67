using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Play;

/// <summary>
/// Finds the conversations that were running when a recording began: the first answer that tells of one says so, and nothing in the
/// recording had started it. Pure.
/// </summary>
internal static class RunningBefore
{
    public static IEnumerable<string> Find(RecordedSession session)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        var running = new List<string>();
        var opened = session.Connections.ToLookup(
            static connection => connection.ConversationId, static connection => connection.Recording.Opening.Started);
        foreach (var call in session.RestCalls.Where(static call => call.Entry.Status == 200))
        {
            // A conversation that is made, or started, runs for that.
            var answer = JsonTree.ReadOrNull(call.Entry.ResponseBody ?? "");
            if (call.Method == "POST" && (call.ConversationId ?? answer.TextOrNull("conversation_id")) is { } begun)
            {
                // What start and stop say is the state before them.
                if (told.Add(begun) && call.BelowConversation is "start" or "stop" && answer.TextOrNull("conversation_status") == "RUNNING")
                {
                    running.Add(begun);
                }

                continue;
            }

            foreach (var info in answer.Objects("results").Append(answer as JObject).OfType<JObject>())
            {
                if (info.TextOrNull("conversation_id") is { } id
                    && info.TextOrNull("status") is { } status
                    && !opened[id].Any(time => time < call.Entry.Ended)
                    && told.Add(id)
                    && status == "RUNNING")
                {
                    running.Add(id);
                }
            }
        }

        return running;
    }
}
