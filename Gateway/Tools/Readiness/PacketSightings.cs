using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Features;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Readiness;

/// <summary>What a recording shows of packets, of what is asked of an agent, and of events on the wire. Pure.</summary>
internal static class PacketSightings
{
    // Those that V0's clients ask for.
    private static readonly string[] s_states = ["stopped", "paused", "running", "user_confirmed", "user_rejected", "awaiting_user_input"];

    public static IEnumerable<Sighting> Of(RecordedSession session)
    {
        foreach (var connection in session.Connections)
        {
            var client = SocketSightings.ClientOf(connection.Recording.Opening);
            var state = new State();
            for (var i = 0; i < connection.View.Frames.Count; i++)
            {
                var (fromClient, frame) = connection.View.Frames[i];
                var time = connection.Recording.Frames[i].Time;
                foreach (var sighting in fromClient ? Sent(frame, state) : Received(frame, state))
                {
                    yield return sighting.By(client, time);
                }
            }

            foreach (var sighting in End(connection))
            {
                yield return sighting.By(client, connection.Recording.Ended);
            }
        }
    }

    /// <summary>An event by its kind, wherever it stands.</summary>
    public static Sighting? Event(JToken? json) => (json.TextOrNull("action"), json.TextOrNull("observation")) switch
    {
        ({ } action, _) => Sighting.OfKind("action", action) with { Sample = json },
        (null, { } observation) => Sighting.OfKind("observation", observation) with { Sample = json },
        _ => null,
    };

    private static IEnumerable<Sighting> Sent(WireFrame frame, State state)
    {
        switch (frame)
        {
            case { Kind: WireKind.Connect, Namespace: "/" }:
                state.AskedToConnect = true;
                break;
            case { Kind: WireKind.EngineClose }:
                yield return Sighting.Of("leaves:close");
                break;
            case { Kind: WireKind.Disconnect, Namespace: "/" }:
                yield return Sighting.Of("leaves:disconnect");
                break;
            case { Kind: WireKind.Bytes or WireKind.BinaryEvent or WireKind.BinaryAck }:
                yield return Sighting.Of("binary", "of a client");
                break;
        }

        if (frame.EventName is not { } name)
        {
            yield break;
        }

        yield return Sighting.OfKind("event-in", name) with { Sample = frame.Argument };
        if (frame.AckId is not null)
        {
            yield return Sighting.Of("ack");
        }

        if (!state.IsAnswered)
        {
            yield return Sighting.Of(state.AskedToConnect ? "before-answer" : "before-connect");
        }

        if (ClientActions.IsAction(frame))
        {
            yield return Action(frame.Argument);
        }
    }

    private static Sighting Action(JToken? json)
    {
        var kind = json.TextOrNull("action") ?? json.TextOrNull("observation") ?? "";
        var sighting = Sighting.OfKind("sent", kind) with { Sample = json };
        return kind == "change_agent_state"
            ? sighting with { Variant = s_states.FirstOrDefault(json.Member("args").Text("agent_state").Equals) ?? "another" }
            : sighting;
    }

    private static IEnumerable<Sighting> Received(WireFrame frame, State state)
    {
        state.IsAnswered |= frame is { Kind: WireKind.Connect, Namespace: "/" };
        if (frame.Kind is WireKind.Bytes or WireKind.BinaryEvent or WireKind.BinaryAck)
        {
            yield return Sighting.Of("binary", "of the server");
        }

        if (frame.EventName is not { } name)
        {
            yield break;
        }

        yield return Sighting.OfKind("event-out", name);
        if (name == "oh_event" && (V0Event.From(frame.Argument) is not null ? Event(frame.Argument) : Told(frame.Argument)) is { } sighting)
        {
            yield return sighting;
        }
    }

    private static Sighting? Told(JToken? json)
    {
        var sighting = json switch
        {
            _ when json.Member("conversation_title") is not null => Sighting.Of("title-update"),
            _ when json.Member("status_update") is not null => Sighting.Of("status-update", SafeText.Word(json.Text("id"))),
            _ when json.Member("error") is not null => Sighting.Of("error-message"),
            _ when json.TextOrNull("observation") == "agent_state_changed" => Sighting.Of("stopped-state"),
            _ => null,
        };
        return sighting is null ? null : sighting with { Sample = json };
    }

    private static IEnumerable<Sighting> End(RecordedConnection connection)
    {
        if (!connection.AnswersPings)
        {
            yield return Sighting.Of("silent");
        }

        if (connection.End is { ByServer: true, Code: var code })
        {
            yield return Sighting.Of("closed", SafeText.Word($"{code}"));
        }
    }

    private sealed class State
    {
        public bool AskedToConnect { get; set; }

        public bool IsAnswered { get; set; }
    }
}
