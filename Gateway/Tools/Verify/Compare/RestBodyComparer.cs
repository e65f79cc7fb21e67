using System.Globalization;
using System.Text.RegularExpressions;

using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

/// <summary>What differs at a place of a body.</summary>
/// <param name="What">Said behind the place; empty when the two values say it.</param>
internal readonly record struct BodyDifference(string Pointer, JToken? Recorded, JToken? Actual, string What = "");

/// <summary>
/// Compares JSON answers: names and their order, lists and their order, values. Entries of lists that have an id of their own are compared
/// with their own, so that one that is missing is said to be missing. Times that were born in the session differ; what a recorder took out
/// equals everything. Pure.
/// </summary>
internal sealed partial class RestBodyComparer(KnownStore store)
{
    private static readonly string[] s_idNames = ["conversation_id", "id", "path", "name"];

    public IEnumerable<BodyDifference> Compare(JToken recorded, JToken actual, string pointer = "") => (recorded, actual) switch
    {
        (JObject left, JObject right) => CompareObjects(left, right, pointer),
        (JArray left, JArray right) => CompareLists(left, right, pointer),
        _ => AreSame(recorded, actual) ? [] : [new BodyDifference(pointer, recorded, actual)],
    };

    private IEnumerable<BodyDifference> CompareObjects(JObject recorded, JObject actual, string pointer)
    {
        foreach (var property in recorded.Properties())
        {
            var place = $"{pointer}/{property.Name}";
            if (actual[property.Name] is not { } other)
            {
                yield return new BodyDifference(place, property.Value, null, "is missing");
                continue;
            }

            foreach (var difference in Compare(property.Value, other, place))
            {
                yield return difference;
            }
        }

        foreach (var extra in actual.Properties().Where(property => !recorded.ContainsKey(property.Name)))
        {
            yield return new BodyDifference($"{pointer}/{extra.Name}", null, extra.Value, "was not recorded");
        }

        var names = recorded.Properties().Select(static property => property.Name).Where(actual.ContainsKey).ToList();
        var order = actual.Properties().Select(static property => property.Name).Where(recorded.ContainsKey).ToList();
        if (!names.SequenceEqual(order))
        {
            yield return new BodyDifference(pointer, new JArray(names), new JArray(order), "has its fields in another order");
        }
    }

    private IEnumerable<BodyDifference> CompareLists(JArray recorded, JArray actual, string pointer)
    {
        var (ids, others) = (Ids(recorded), Ids(actual));
        if (ids is null || others is null)
        {
            return CompareByPlace(recorded, actual, pointer);
        }

        return CompareById(recorded, actual, ids, others, pointer);
    }

    private IEnumerable<BodyDifference> CompareById(JArray recorded, JArray actual, List<string> ids, List<string> others, string pointer)
    {
        for (var i = 0; i < ids.Count; i++)
        {
            var place = $"{pointer}/{i.ToString(CultureInfo.InvariantCulture)}";
            var other = others.IndexOf(ids[i]);
            if (other < 0)
            {
                yield return new BodyDifference(place, recorded[i], null, $"({ids[i]}) is missing");
                continue;
            }

            foreach (var difference in Compare(recorded[i], actual[other], place))
            {
                yield return difference;
            }
        }

        for (var i = 0; i < others.Count; i++)
        {
            if (!ids.Contains(others[i]))
            {
                var place = $"{pointer}/{i.ToString(CultureInfo.InvariantCulture)}";
                yield return new BodyDifference(place, null, actual[i], $"({others[i]}) was not recorded");
            }
        }

        var order = others.Where(ids.Contains).ToList();
        if (!ids.Where(others.Contains).SequenceEqual(order))
        {
            yield return new BodyDifference(pointer, new JArray(ids), new JArray(others), "has another order");
        }
    }

    private IEnumerable<BodyDifference> CompareByPlace(JArray recorded, JArray actual, string pointer)
    {
        for (var i = 0; i < Math.Max(recorded.Count, actual.Count); i++)
        {
            var place = $"{pointer}/{i.ToString(CultureInfo.InvariantCulture)}";
            if (i >= actual.Count)
            {
                yield return new BodyDifference(place, recorded[i], null, "is missing");
            }
            else if (i >= recorded.Count)
            {
                yield return new BodyDifference(place, null, actual[i], "was not recorded");
            }
            else
            {
                foreach (var difference in Compare(recorded[i], actual[i], place))
                {
                    yield return difference;
                }
            }
        }
    }

    // Null when the entries have none, or share them.
    private static List<string>? Ids(JArray list)
    {
        var ids = list.Select(IdOf).OfType<string>().ToList();
        return ids.Count == list.Count && ids.Distinct(StringComparer.Ordinal).Count() == ids.Count ? ids : null;
    }

    private static string? IdOf(JToken entry) => entry switch
    {
        JObject shape => s_idNames.Select(name => shape[name]).FirstOrDefault(static id => id is JValue { Value: not null })?.ToString(),
        JValue { Type: JTokenType.String } text => (string?)text,
        _ => null,
    };

    private bool AreSame(JToken recorded, JToken actual)
    {
        if (JsonComparer.AreEqual(recorded, actual))
        {
            return true;
        }

        return (recorded.AsText(), actual.AsText()) is ({ } left, { } right)
            && (TakenOut().IsMatch(left) || (!store.HasTime(left) && KnownStore.AreTimesOfOneForm(left, right)));
    }

    // A key that was crossed out, or a recorder's name for a secret.
    [GeneratedRegex("""^(?:\w*?_?x{8,}|redacted-\d+)$""")]
    private static partial Regex TakenOut();
}
