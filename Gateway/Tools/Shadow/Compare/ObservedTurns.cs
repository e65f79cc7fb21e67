using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>A conversation of V0's from its beginning: what its user did, and what the agent did then. Immutable.</summary>
/// <param name="Creation">The body of the request that made it; null when nobody made it by one.</param>
/// <param name="Actions">What clients sent and V0 stored, in the order of the log.</param>
/// <param name="Turns">One before the first event of the user, and one for each of them.</param>
internal sealed record ObservedTurns(string? Creation, IReadOnlyList<JObject> Actions, IReadOnlyList<TurnShape> Turns)
{
    private const string FirstMessage = "initial_user_msg";

    /// <summary>The conversation begins with a message: the first turn of the user needs no action.</summary>
    public bool HasFirstMessage => Turns.Count - 1 > Actions.Count;

    /// <summary>
    /// Null when it cannot be done again: its beginning was not seen, or its user did something by other ways than sockets.
    /// </summary>
    public static ObservedTurns? Read(ComparisonJob job)
    {
        var recordings = SocketRecordingReader.Read(new HarFile(job.Entries));
        var frames = recordings.Sessions
            .SelectMany(static session => session.Frames)
            .Where(static frame => !frame.IsBinary)
            .OrderBy(static frame => frame.Time)
            .Select(static frame => (frame.FromClient, Packet: WireFrame.Read(frame.Text)))
            .ToList();
        var events = frames
            .Where(static frame => !frame.FromClient && frame.Packet.EventName == "oh_event")
            .Select(static frame => V0Event.From(frame.Packet.Argument))
            .OfType<V0Event>()
            .DistinctBy(static one => one.Id)
            .OrderBy(static one => one.Id)
            .ToList();
        var sent = frames
            .Where(static frame => frame.FromClient && ClientActions.IsAction(frame.Packet))
            .Select(static frame => frame.Packet.Argument)
            .OfType<JObject>()
            .ToList();
        var creation = recordings.OtherRequests
            .FirstOrDefault(static entry => new RestCall(1, entry).Is("POST", "/api/conversations"))?.RequestBody;
        var hasFirstMessage = creation is not null
            && JsonTree.ReadOrNull(creation) is JObject body
            && body[FirstMessage] is { Type: JTokenType.String };

        var actions = new List<JObject>();
        foreach (var stored in events.Where(TurnShape.IsOfUser).Skip(hasFirstMessage ? 1 : 0))
        {
            var index = sent.FindIndex(action => EventIdMap.IsAnswerTo(stored.Json, action));
            if (index < 0)
            {
                return null;
            }

            actions.Add(sent[index]);
            sent.RemoveAt(index);
        }

        return actions.Count == 0 && !hasFirstMessage ? null : new ObservedTurns(creation, actions, TurnShape.Split(events));
    }
}
