using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

/// <summary>
/// Compares frame by frame, in the recorded order. Only what cannot be the same is made so: sids, mapped ids, timestamps of what was born
/// in the session, heartbeats, and the times and limits of the handshake. Strict and pure.
/// </summary>
internal static class ExactComparer
{
    private const string Born = "…";

    public static IEnumerable<Difference> Compare(ConnectionPair pair)
    {
        var recorded = Frames(pair, pair.Recorded, static id => id);
        var actual = Frames(pair, pair.Actual, pair.Ids.ToRecorded);
        var (left, right) = (0, 0);

        // A frame too many or too few shifts the others: they are still compared with their own.
        foreach (var (nextLeft, nextRight) in SequenceComparer
            .LongestCommon(recorded, actual, static (one, other) => one.Key == other.Key)
            .Append((recorded.Count, actual.Count)))
        {
            foreach (var (was, isNow) in Between(recorded[left..nextLeft], actual[right..nextRight]))
            {
                var elsewhere = was is null || isNow is not null ? -1 : actual.FindIndex(other => other.Key == was.Key);
                var place = isNow is null ? elsewhere : actual.IndexOf(isNow);
                yield return Difference(pair, was, isNow, was is null ? 0 : recorded.IndexOf(was) + 1, place + 1, elsewhere >= 0);
            }

            (left, right) = (nextLeft + 1, nextRight + 1);
        }
    }

    // Frames of the same event, or the same kind, are shown as one that differs; what has no counterpart is missing, or too much.
    private static IEnumerable<(ExactFrame? Recorded, ExactFrame? Actual)> Between(List<ExactFrame> recorded, List<ExactFrame> actual)
    {
        var (left, right) = (0, 0);
        foreach (var (nextLeft, nextRight) in SequenceComparer
            .LongestCommon(recorded, actual, static (one, other) => one.Label == other.Label)
            .Append((recorded.Count, actual.Count)))
        {
            for (; left < nextLeft; left++)
            {
                yield return (recorded[left], null);
            }

            for (; right < nextRight; right++)
            {
                yield return (null, actual[right]);
            }

            if (nextLeft < recorded.Count)
            {
                yield return (recorded[left++], actual[right++]);
            }
        }
    }

    private static Difference Difference(ConnectionPair pair, ExactFrame? recorded, ExactFrame? actual, int recordedPlace, int actualPlace,
        bool cameElsewhere) =>
        new(DifferenceKind.Frame, pair.Number, recorded?.Index ?? -1, (recorded, actual) switch
        {
            ({ }, null) when cameElsewhere => $"server frame {recordedPlace} ({recorded.Label}) came as the target's frame {actualPlace}",
            ({ }, null) => $"server frame {recordedPlace} ({recorded.Label}) did not come",
            (null, { }) => $"the target's frame {actualPlace} ({actual.Label}) was not recorded there",
            _ => $"server frame {recordedPlace} ({recorded?.Label}) differs",
        })
        {
            Recorded = recorded?.Json ?? recorded?.Text,
            Actual = actual?.Json ?? actual?.Text,
        };

    private static List<ExactFrame> Frames(ConnectionPair pair, ConnectionView view, Func<int, int> toRecorded) =>
    [
        .. view.Frames.Select(static (viewed, index) => (viewed, index))
            .Where(static one => !one.viewed.FromClient && (one.viewed.Frame.IsMessage || one.viewed.Frame.Kind == WireKind.Open))
            .Select(one => Frame(pair, one.viewed.Frame, one.index, toRecorded)),
    ];

    private static ExactFrame Frame(ConnectionPair pair, WireFrame frame, int index, Func<int, int> toRecorded)
    {
        var json = frame.Payload?.DeepClone();
        var label = $"{frame.Kind}";
        switch (json)
        {
            case JObject shape when frame.Kind is WireKind.Open or WireKind.Connect:
                string[] born = ["sid", "pingInterval", "pingTimeout", "maxPayload"];
                foreach (var name in born.Where(shape.ContainsKey))
                {
                    shape[name] = Born;
                }

                break;
            case JArray { Count: > 1 } array when V0Event.From(array[1]) is { } seen:
                label = seen.Label;
                Normalise(pair, seen, toRecorded);
                break;
        }

        var head = json is null ? frame.Text : $"{frame.Kind} {frame.Namespace} {frame.AckId}";
        return new ExactFrame(index, label, head, json,
            head + "\n" + (json is null ? "" : JsonComparer.Canonical(json).ToString(Formatting.None)));
    }

    private static void Normalise(ConnectionPair pair, V0Event seen, Func<int, int> toRecorded)
    {
        seen.Json["id"] = toRecorded(seen.Id);
        if (seen.Json["cause"] is JValue { Value: long and >= 0 and <= int.MaxValue } cause)
        {
            seen.Json["cause"] = toRecorded((int)cause);
        }

        if (!pair.Log.IsFromBefore(toRecorded(seen.Id)))
        {
            seen.Json["timestamp"] = Born;
        }
    }

    /// <param name="Key">Equal for frames that are the same.</param>
    private sealed record ExactFrame(int Index, string Label, string Text, JToken? Json, string Key);
}
