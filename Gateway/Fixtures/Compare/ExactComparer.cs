using Gateway.Fixtures.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Fixtures.Compare;

/// <summary>
/// Compares frame by frame, in the recorded order. Only what cannot be the same is made so: sids, timestamps of what was born in the
/// session, heartbeats, and the times and limits of the handshake. Strict and pure.
/// </summary>
internal static class ExactComparer
{
    public static IEnumerable<Finding> Compare(ConnectionPair pair)
    {
        var recorded = Frames(pair, pair.Recorded);
        var actual = Frames(pair, pair.Actual);
        for (var i = 0; i < Math.Max(recorded.Count, actual.Count); i++)
        {
            var left = i < recorded.Count ? recorded[i] : default;
            var right = i < actual.Count ? actual[i] : default;
            if (left.Text == right.Text && JsonComparer.AreEqual(left.Json, right.Json))
            {
                continue;
            }

            yield return new Finding(FindingKind.Frame, pair.Number, i < recorded.Count ? left.Frame : -1, $"server frame {i + 1} differs")
            {
                Recorded = left.Json ?? left.Text,
                Actual = right.Json ?? right.Text,
            };
        }
    }

    private static List<(int Frame, string Text, JToken? Json)> Frames(ConnectionPair pair, ConnectionView view) =>
    [
        .. view.Frames.Select(static (viewed, index) => (viewed, index))
            .Where(static one => !one.viewed.FromClient && (one.viewed.Frame.IsMessage || one.viewed.Frame.Kind == WireKind.Open))
            .Select(one => (one.index, Head(one.viewed.Frame), Normal(pair, one.viewed.Frame))),
    ];

    private static string Head(WireFrame frame) => frame.Payload is null ? frame.Text : $"{frame.Kind} {frame.Namespace} {frame.AckId}";

    private static JToken? Normal(ConnectionPair pair, WireFrame frame)
    {
        var json = frame.Payload?.DeepClone();
        switch (json)
        {
            case JObject shape when frame.Kind is WireKind.Open or WireKind.Connect:
                string[] born = ["sid", "pingInterval", "pingTimeout", "maxPayload"];
                foreach (var name in born.Where(shape.ContainsKey))
                {
                    shape[name] = "…";
                }

                break;
            case JArray { Count: > 1 } array when V0Event.From(array[1]) is { } seen && !pair.Log.IsFromBefore(seen.Id):
                seen.Json["timestamp"] = "…";
                break;
        }

        return json;
    }
}
