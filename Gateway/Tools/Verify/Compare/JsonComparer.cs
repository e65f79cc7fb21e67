using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

/// <summary>A place where two JSON values differ. Null: absent there.</summary>
internal readonly record struct JsonDifference(string Pointer, JToken? Recorded, JToken? Actual);

/// <summary>Compares JSON by structure: the order of names does not count, 1 and 1.0 are the same. Pure.</summary>
internal static class JsonComparer
{
    public static IEnumerable<JsonDifference> Compare(JToken? recorded, JToken? actual, string pointer = "") => (recorded, actual) switch
    {
        (JObject left, JObject right) => CompareObjects(left, right, pointer),
        (JArray left, JArray right) => CompareArrays(left, right, pointer),
        _ => AreSame(recorded, actual) ? [] : [new JsonDifference(pointer, recorded, actual)],
    };

    public static bool AreEqual(JToken? recorded, JToken? actual) => !Compare(recorded, actual).Any();

    /// <summary>A form that is the same for values that are equal: names sorted, whole numbers without a fraction.</summary>
    public static JToken Canonical(JToken json) => json switch
    {
        JObject shape => new JObject(shape
            .Properties()
            .OrderBy(static property => property.Name, StringComparer.Ordinal)
            .Select(static property => new JProperty(property.Name, Canonical(property.Value)))),
        JArray array => new JArray(array.Select(Canonical)),
        JValue when json.AsNumber() is { } number => Math.Floor(number).Equals(number) && Math.Abs(number) < 1e15 ? (long)number : number,
        _ => json.DeepClone(),
    };

    /// <summary>A pattern is a JSON pointer with <c>*</c> for any one name; it also covers what lies below.</summary>
    public static bool Covers(string pattern, string pointer)
    {
        var wanted = pattern.Split('/');
        var given = pointer.Split('/');
        return given.Length >= wanted.Length && !wanted.Where((name, index) => name != "*" && name != given[index]).Any();
    }

    private static IEnumerable<JsonDifference> CompareObjects(JObject recorded, JObject actual, string pointer)
    {
        var names = recorded.Properties().Concat(actual.Properties()).Select(static property => property.Name).Distinct();
        return names.SelectMany(name =>
            Compare(recorded[name], actual[name],
                pointer + "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
    }

    private static IEnumerable<JsonDifference> CompareArrays(JArray recorded, JArray actual, string pointer) =>
        Enumerable.Range(0, Math.Max(recorded.Count, actual.Count)).SelectMany(index => Compare(
            index < recorded.Count ? recorded[index] : null,
            index < actual.Count ? actual[index] : null,
            pointer + "/" + index.ToString(CultureInfo.InvariantCulture)));

    // Two plain integers are compared as they are: a double cannot tell all of them apart.
    private static bool AreSame(JToken? recorded, JToken? actual) =>
        JToken.DeepEquals(recorded, actual)
        || ((recorded?.Type, actual?.Type) is not (JTokenType.Integer, JTokenType.Integer)
            && recorded.AsNumber() is { } left && actual.AsNumber() is { } right && left.Equals(right));
}
