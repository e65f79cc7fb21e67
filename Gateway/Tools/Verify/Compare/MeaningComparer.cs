using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

/// <summary>
/// Compares one connection by what it means to a client: the answer to CONNECT, the events by id and content, what has no id in its
/// order, the acks, the end. It is strict: what may differ is for the rules to say. Pure.
/// </summary>
internal static class MeaningComparer
{
    public static IEnumerable<Difference> Compare(ConnectionPair pair) => CompareHandshakes(pair)
        .Concat(CompareAnswers(pair))
        .Concat(EventComparer.Compare(pair))
        .Concat(CompareTransientMessages(pair))
        .Concat(CompareAcks(pair))
        .Concat(CompareEnds(pair));

    private static IEnumerable<Difference> CompareHandshakes(ConnectionPair pair)
    {
        if (pair.Recorded.Open is not { } recorded)
        {
            yield break;
        }

        if (pair.Actual.Open is not { } actual)
        {
            yield return new Difference(DifferenceKind.Handshake, pair.Number, 0, "the target opened no session") { Recorded = recorded };
            yield break;
        }

        foreach (var difference in JsonComparer.Compare(recorded, actual).Where(static difference => difference.Pointer != "/sid"))
        {
            yield return new Difference(DifferenceKind.Handshake, pair.Number, 0, $"the handshake differs at {difference.Pointer}")
            {
                Pointer = difference.Pointer,
                Recorded = difference.Recorded,
                Actual = difference.Actual,
            };
        }
    }

    private static IEnumerable<Difference> CompareAnswers(ConnectionPair pair)
    {
        for (var i = 0; i < Math.Max(pair.Recorded.Answers.Count, pair.Actual.Answers.Count); i++)
        {
            var recorded = pair.Recorded.Answers.ElementAtOrDefault(i);
            var actual = pair.Actual.Answers.ElementAtOrDefault(i);
            if (recorded is not null && actual is not null && AreSameAnswer(recorded.Packet, actual.Packet))
            {
                continue;
            }

            yield return new Difference(DifferenceKind.Answer, pair.Number, recorded?.Frame ?? -1,
                $"CONNECT is answered with {Shown(actual)}, recorded is {Shown(recorded)}")
            {
                Recorded = recorded?.Packet.Payload,
                Actual = actual?.Packet.Payload,
                RecordedPacket = recorded?.Packet,
                ActualPacket = actual?.Packet,
            };
        }
    }

    // A sid is born with its connection: that there is one is all that can be compared.
    private static bool AreSameAnswer(WireFrame recorded, WireFrame actual) =>
        recorded.Kind == actual.Kind && recorded.Namespace == actual.Namespace
        && (recorded.Kind == WireKind.Connect
            ? recorded.Payload is JObject left && actual.Payload is JObject right && left["sid"] is not null == right["sid"] is not null
            : JsonComparer.AreEqual(recorded.Payload, actual.Payload));

    private static IEnumerable<Difference> CompareTransientMessages(ConnectionPair pair)
    {
        var (recorded, actual) = (pair.Recorded.TransientMessages, pair.Actual.TransientMessages);
        var common = SequenceComparer
            .LongestCommon(recorded, actual, static (left, right) => AreSameTransientMessage(left.Packet, right.Packet));
        foreach (var transientMessage in recorded.Where((_, index) => !common.Exists(match => match.Left == index)))
        {
            yield return new Difference(DifferenceKind.MissingTransientMessage, pair.Number, transientMessage.Frame,
                $"not sent, or not in this order: {Shown(transientMessage)}")
            {
                Recorded = transientMessage.Packet.Payload,
                RecordedPacket = transientMessage.Packet,
            };
        }

        foreach (var transientMessage in actual.Where((_, index) => !common.Exists(match => match.Right == index)))
        {
            yield return new Difference(DifferenceKind.ExtraTransientMessage, pair.Number, -1,
                $"sent, but not recorded here: {Shown(transientMessage)}")
            {
                Actual = transientMessage.Packet.Payload,
                ActualPacket = transientMessage.Packet,
            };
        }
    }

    private static bool AreSameTransientMessage(WireFrame left, WireFrame right) =>
        left.Kind == right.Kind && left.Namespace == right.Namespace
        && (left.Payload is null && right.Payload is null ? left.Text == right.Text : JsonComparer.AreEqual(left.Payload, right.Payload));

    private static IEnumerable<Difference> CompareAcks(ConnectionPair pair)
    {
        foreach (var recorded in pair.Recorded.Acks)
        {
            var actual = pair.Actual.Acks.Find(ack => ack.Packet.AckId == recorded.Packet.AckId);
            if (actual is null)
            {
                yield return new Difference(DifferenceKind.MissingAck, pair.Number, recorded.Frame,
                    $"ack {recorded.Packet.AckId} is missing")
                { Recorded = recorded.Packet.Payload, RecordedPacket = recorded.Packet };
            }
            else if (!JsonComparer.AreEqual(recorded.Packet.Payload, actual.Packet.Payload))
            {
                yield return new Difference(DifferenceKind.ChangedAck, pair.Number, recorded.Frame, $"ack {recorded.Packet.AckId} differs")
                {
                    Recorded = recorded.Packet.Payload,
                    Actual = actual.Packet.Payload,
                    RecordedPacket = recorded.Packet,
                    ActualPacket = actual.Packet,
                };
            }
        }

        foreach (var extra in pair.Actual.Acks
            .Where(ack => !pair.Recorded.Acks.Exists(recorded => recorded.Packet.AckId == ack.Packet.AckId)))
        {
            yield return new Difference(DifferenceKind.ExtraAck, pair.Number, -1,
                $"ack {extra.Packet.AckId} was not recorded")
            { Actual = extra.Packet.Payload, ActualPacket = extra.Packet };
        }
    }

    private static IEnumerable<Difference> CompareEnds(ConnectionPair pair)
    {
        var (recorded, actual) = (pair.Recorded, pair.Actual);
        if (recorded.Disconnect is null != actual.Disconnect is null)
        {
            yield return new Difference(DifferenceKind.Disconnect, pair.Number, recorded.Disconnect?.Frame ?? -1,
                recorded.Disconnect is null ? "the target sent a disconnect packet (41)" : "the disconnect packet (41) is missing");
        }

        // A client that sends a close packet has left: whether the server then closes the socket is nothing to it.
        if (recorded.Frames.Any(static frame => frame is { FromClient: true, Frame.Kind: WireKind.EngineClose }) && !recorded.End.ByServer)
        {
            yield break;
        }

        if (recorded.End.ByServer != actual.End.ByServer || (actual.End.ByServer && recorded.End.Code != actual.End.Code))
        {
            yield return new Difference(DifferenceKind.End, pair.Number, recorded.Frames.Count,
                $"the connection ended {Shown(actual.End)}, recorded is {Shown(recorded.End)}")
            {
                Recorded = Shown(recorded.End),
                Actual = Shown(actual.End),
            };
        }
    }

    private static string Shown(ConnectionEnd end) =>
        end.ByServer ? $"by the server with code {end.Code}{(end.Reason.Length > 0 ? $" ({end.Reason})" : "")}" : "by the client";

    private static string Shown(SeenFrame? frame) => frame is null ? "nothing" : Shorten(frame.Packet.Text);

    private static string Shorten(string text) => text.Length > 120 ? text[..120] + "…" : text;
}
