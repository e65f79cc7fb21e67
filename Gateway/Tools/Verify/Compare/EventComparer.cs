using System.Globalization;

using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

/// <summary>Compares the numbered events of one connection: which there are, what is in them, and their order. Strict and pure.</summary>
internal static class EventComparer
{
    public static IEnumerable<Difference> Compare(ConnectionPair pair) =>
        pair.Recorded.Events.SelectMany(recorded => CompareOne(pair, recorded))
        .Concat(pair.Actual.Events.SelectMany(actual => FindExtra(pair, actual)))
        .Concat(FindRepeats(pair))
        .Concat(CompareOrder(pair));

    private static IEnumerable<Difference> CompareOne(ConnectionPair pair, SeenEvent recorded)
    {
        if (pair.FindActual(recorded.Id) is not { } actual)
        {
            return [new Difference(DifferenceKind.MissingEvent, pair.Number, recorded.Frame,
                $"{recorded.Event.Label} is missing") { Recorded = recorded.Event.Json, RecordedEvent = recorded }];
        }

        // The recorded server may have given it twice, once by replay and once live: the like one is compared.
        var like = pair.Recorded.Repeats
            .Find(repeat => repeat.Id == recorded.Id && repeat.InReplay == actual.InReplay && recorded.InReplay != actual.InReplay)
                ?? recorded;
        if (IsAnsweredTooLate(pair, recorded, actual))
        {
            return CompareContent(pair, like, actual).Prepend(new Difference(DifferenceKind.Order, pair.Number, recorded.Frame,
                $"{recorded.Event.Label} came before the answer to CONNECT, the recording has it after")
            { RecordedEvent = recorded, ActualEvent = actual });
        }

        return IsAnsweredTooEarly(pair, recorded, actual)
            ? CompareContent(pair, like, actual).Prepend(new Difference(DifferenceKind.Order, pair.Number, recorded.Frame,
                $"{recorded.Event.Label} came after the answer to CONNECT, the recording has it before")
            { RecordedEvent = recorded, ActualEvent = actual })
            : CompareContent(pair, like, actual);
    }

    // Clients keep what comes before the answer, and show it at once: what was there when they came belongs before it.
    private static bool IsAnsweredTooEarly(ConnectionPair pair, SeenEvent recorded, SeenEvent actual) =>
        recorded.InReplay && !actual.InReplay && pair.Recorded.IsAnswered && recorded.Id <= pair.HeadAtConnect;

    // What the stored log had before the session is replayed before the answer. V0 gives it live as well, which is no replay.
    private static bool IsAnsweredTooLate(ConnectionPair pair, SeenEvent recorded, SeenEvent actual) =>
        !recorded.InReplay && actual.InReplay && pair.Recorded.IsAnswered && pair.Log.IsFromBefore(recorded.Id)
        && recorded.Id > pair.Recorded.LatestEventId;

    private static IEnumerable<Difference> FindExtra(ConnectionPair pair, SeenEvent actual)
    {
        var recordedId = pair.RecordedId(actual);
        if (recordedId is { } id && pair.Recorded.Find(id) is not null)
        {
            return [];
        }

        var extra = new Difference(DifferenceKind.ExtraEvent, pair.Number, -1,
            $"{actual.Event.Label} was not recorded here")
        { Actual = actual.Event.Json, ActualEvent = actual };
        var known = recordedId is { } knownId ? pair.Log.Find(knownId) : null;
        return known is null ? [extra] : CompareContent(pair, pair.Log.Seen(known), actual).Prepend(extra);
    }

    private static IEnumerable<Difference> CompareContent(ConnectionPair pair, SeenEvent recorded, SeenEvent actual) =>
        JsonComparer.Compare(recorded.Event.Json, actual.Event.Json)
            .Where(difference => !IsNormal(pair, recorded.Id, difference))
            .Select(difference =>
                new Difference(DifferenceKind.ChangedField, pair.Number, recorded.Frame,
                    $"{recorded.Event.Label} differs at {difference.Pointer}")
                {
                    Pointer = difference.Pointer,
                    Recorded = difference.Recorded,
                    Actual = difference.Actual,
                    RecordedEvent = recorded,
                    ActualEvent = actual,
                });

    // Ids are mapped, and what was born in the session has a time of its own.
    private static bool IsNormal(ConnectionPair pair, int recordedId, JsonDifference difference) => difference.Pointer switch
    {
        "/id" => true,
        "/cause" => difference is
        {
            Recorded: JValue { Value: long cause },
            Actual: JValue { Value: long actual and >= 0 and <= int.MaxValue }
        } && pair.Ids.ToRecorded((int)actual) == cause,
        "/timestamp" => !pair.Log.IsFromBefore(recordedId) && IsTimestamp(difference.Recorded) && IsTimestamp(difference.Actual),
        _ => false,
    };

    // V0 writes naive local time: no zone.
    private static bool IsTimestamp(JToken? token) => token is JValue { Type: JTokenType.String } value
        && DateTime.TryParseExact((string?)value, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFF"], CultureInfo.InvariantCulture, DateTimeStyles.None,
            out _);

    private static IEnumerable<Difference> FindRepeats(ConnectionPair pair)
    {
        var recorded = pair.Recorded.Repeats
            .Where(repeat => !pair.Actual.Repeats.Exists(actual => actual.Id == pair.Ids.ToTarget(repeat.Id)));
        foreach (var repeat in recorded)
        {
            yield return new Difference(DifferenceKind.RepeatedEvent, pair.Number, repeat.Frame,
                $"{repeat.Event.Label} was recorded twice, the target gave it once")
            { RecordedEvent = repeat };
        }

        var actual = pair.Actual.Repeats.Where(repeat => !pair.Recorded.Repeats.Exists(one => pair.Ids.ToTarget(one.Id) == repeat.Id));
        foreach (var repeat in actual)
        {
            yield return new Difference(DifferenceKind.RepeatedEvent, pair.Number, -1,
                $"{repeat.Event.Label} was given twice")
            { ActualEvent = repeat };
        }
    }

    private static IEnumerable<Difference> CompareOrder(ConnectionPair pair)
    {
        var place = pair.Recorded.Events
            .Select(static (seen, index) => (seen.Id, index))
            .ToDictionary(static pair => pair.Id, static pair => pair.index);
        var common = pair.Actual.Events
            .Select(actual => (Actual: actual, Id: pair.RecordedId(actual) ?? -1))
            .Where(one => place.ContainsKey(one.Id))
            .ToList();
        var (latest, highest) = (-1, -1);
        for (var i = 0; i < common.Count; i++)
        {
            var (actual, id) = common[i];
            // Out of the recorded order, or out of the order of ids: only then it is worth a search for the other one.
            if (place[id] < latest || id < highest)
            {
                var before = common.Take(i).Where(other => place[other.Id] > place[id]).ToList();
                if (before.Count > 0)
                {
                    // The worst one first: it came before a lower id, and the recording has them the other way round.
                    var other = before.Find(one => one.Id > id) is { Actual: not null } worst ? worst : before[0];
                    yield return new Difference(DifferenceKind.Order, pair.Number, pair.Recorded.Find(id)?.Frame ?? -1,
                        $"{actual.Event.Label} came after event {other.Id}, the recording has it before")
                    {
                        RecordedEvent = pair.Recorded.Find(id),
                        ActualEvent = actual,
                        Recorded = new JArray(id, other.Id),
                        Actual = new JArray(other.Id, id),
                    };
                }
            }

            (latest, highest) = (Math.Max(latest, place[id]), Math.Max(highest, id));
        }
    }
}
