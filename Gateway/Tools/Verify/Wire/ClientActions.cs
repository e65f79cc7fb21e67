using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Wire;

/// <summary>A client's <c>oh_user_action</c> in a recording, and what became of it.</summary>
/// <param name="Connection">The connection's number.</param>
/// <param name="Frame">Its place among the connection's frames.</param>
/// <param name="StoredId">The event it became; null when the recorded server dropped it.</param>
internal sealed record ClientAction(int Connection, int Frame, JToken? Payload, int? AckId, int? StoredId)
{
    public bool IsDropped => StoredId is null;
}

/// <summary>Matches clients' actions to the events of a recorded log. Pure.</summary>
internal static class ClientActions
{
    public static bool IsAction(WireFrame frame) => frame.EventName is "oh_user_action" or "oh_action";

    /// <summary>In the order given; each stored event answers one action at most.</summary>
    public static List<ClientAction> Match(RecordedLog log, IEnumerable<(int Connection, int Frame, WireFrame Packet)> sent)
    {
        var open = log.Events
            .Where(recorded => recorded.Id > log.HeadBefore && recorded is { Source: "user", IsRecallAction: false })
            .ToList();
        var matched = new List<ClientAction>();
        foreach (var (connection, frame, packet) in sent)
        {
            // Two clients' actions may have been stored in the other order, so it is not the next one only that may match.
            var index = packet.Argument is JObject json ? open.FindIndex(stored => EventIdMap.IsAnswerTo(stored.Json, json)) : -1;
            int? storedId = index < 0 ? null : open[index].Id;
            matched.Add(new ClientAction(connection, frame, packet.Argument, packet.AckId, storedId));
            if (index >= 0)
            {
                open.RemoveAt(index);
            }
        }

        return matched;
    }
}
