using System.Globalization;

using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Import;

/// <summary>The events of a trajectory with ids that a log can have: rising, each once. Immutable.</summary>
/// <param name="Remarks">What was found odd, and what was made of it: a sentence each.</param>
internal sealed record TrajectoryEvents(IReadOnlyList<V0Event> Events, IReadOnlyList<string> Remarks)
{
    private const int NamedIds = 10;

    /// <summary>Ids as exported, if they are ids; an export of old versions has none, and some say an event twice.</summary>
    public static TrajectoryEvents Read(JArray trajectory)
    {
        var remarks = new List<string>();
        var oddIds = new List<string>();
        var events = trajectory.OfType<JObject>()
            .Where(static json => json["action"] is not null || json["observation"] is not null)
            .ToList();
        if (trajectory.Count - events.Count is > 0 and var others)
        {
            remarks.Add(LeftOut(others));
        }

        var repeated = events.Select(V0Event.From).OfType<V0Event>()
            .GroupBy(static one => one.Id)
            .Where(static group => group.Count() > 1)
            .ToList();
        var same = repeated.Where(static group => group.Skip(1).All(one => JToken.DeepEquals(one.Json, group.First().Json))).ToList();
        if (same.Count > 0)
        {
            var doubles = new HashSet<object>(
                same.SelectMany(static group => group.Skip(1)).Select(static one => one.Json), ReferenceEqualityComparer.Instance);
            events.RemoveAll(doubles.Contains);
            oddIds.Add($"{Named(same)} came more than once, each time the same: it is taken once");
        }

        if (repeated.Except(same).ToList() is { Count: > 0 } different)
        {
            oddIds.Add($"{Named(different)} stands for several events: all events are numbered anew, from 0");
        }

        var given = events.Select(V0Event.From).ToList();
        var areIds = given.TrueForAll(static one => one is not null)
            && given.Zip(given.Skip(1)).All(static pair => pair.First?.Id < pair.Second?.Id);
        if (!areIds && oddIds.Count == 0)
        {
            oddIds.Add("its events have no ids, or not in their order: they are numbered from 0");
        }

        return new TrajectoryEvents(
            [.. events.Select((json, index) =>
                new V0Event(areIds ? given[index]?.Id ?? index : index, new JObject(json) { ["id"] = areIds ? given[index]?.Id : index }))],
            [.. remarks, .. oddIds]);
    }

    private static string LeftOut(int count) => count == 1
        ? "1 member of the array is no event (an object with \"action\" or \"observation\"): it is left out"
        : $"{count.ToString(CultureInfo.InvariantCulture)} members of the array are no events (objects with \"action\" or \"observation\"): "
            + "they are left out";

    private static string Named(List<IGrouping<int, V0Event>> groups)
    {
        var ids = string.Join(", ", groups.Take(NamedIds).Select(static group => group.Key));
        return groups.Count == 1 ? $"event {ids}" : $"each of the events {ids}{(groups.Count > NamedIds ? ", …" : "")}";
    }
}
