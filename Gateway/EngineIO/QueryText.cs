using System.Collections;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Gateway.EngineIO;

/// <summary>
/// A query that is decoded where it is looked at, as the server decodes one: of a handshake's query a few parameters are wanted a few times,
/// and parsed it would take ten times its memory. Immutable; any thread.
/// </summary>
/// <param name="text">As it came, with its question mark; may be empty.</param>
internal sealed class QueryText(string text) : IQueryCollection
{
    public int Count => Keys.Count;

    public ICollection<string> Keys => [.. Names().Distinct(StringComparer.OrdinalIgnoreCase)];

    public StringValues this[string key]
    {
        get
        {
            var values = StringValues.Empty;
            foreach (var pair in new QueryStringEnumerable(text))
            {
                if (pair.DecodeName().Span.Equals(key, StringComparison.OrdinalIgnoreCase))
                {
                    values = StringValues.Concat(values, pair.DecodeValue().ToString());
                }
            }

            return values;
        }
    }

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, out StringValues value)
    {
        value = this[key];
        return value.Count > 0;
    }

    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() =>
        Keys.Select(key => KeyValuePair.Create(key, this[key])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private List<string> Names()
    {
        var names = new List<string>();
        foreach (var pair in new QueryStringEnumerable(text))
        {
            names.Add(pair.DecodeName().ToString());
        }

        return names;
    }
}
