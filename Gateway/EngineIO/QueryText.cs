using System.Buffers;
using System.Collections;
using System.Text;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Gateway.EngineIO;

/// <summary>
/// A query that is decoded where it is looked at, as ASP.NET Core decodes one: of a handshake's query a few parameters are wanted a few
/// times, and parsed it would take ten times its memory. Immutable; any thread.
/// </summary>
/// <param name="bytes">As it came, with its question mark, in UTF-8; may be empty. Not changed afterwards.</param>
internal sealed class QueryText(byte[] bytes) : IQueryCollection
{
    public static QueryText Empty { get; } = new([]);

    public int Count => Keys.Count;

    public ICollection<string> Keys => [.. Names().Distinct(StringComparer.OrdinalIgnoreCase)];

    public StringValues this[string key]
    {
        get
        {
            var values = StringValues.Empty;
            var chars = ArrayPool<char>.Shared.Rent(bytes.Length);
            try
            {
                foreach (var pair in new QueryStringEnumerable(chars.AsMemory(0, Encoding.UTF8.GetChars(bytes, chars))))
                {
                    if (pair.DecodeName().Span.Equals(key, StringComparison.OrdinalIgnoreCase))
                    {
                        values = StringValues.Concat(values, pair.DecodeValue().ToString());
                    }
                }
            }
            finally
            {
                // There are keys in it.
                ArrayPool<char>.Shared.Return(chars, clearArray: true);
            }

            return values;
        }
    }

    public static QueryText From(string? text) => string.IsNullOrEmpty(text) ? Empty : new QueryText(Encoding.UTF8.GetBytes(text));

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, out StringValues value)
    {
        value = this[key];
        return value.Count > 0;
    }

    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() =>
        Keys.Select(key => KeyValuePair.Create(key, this[key])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>As it came. Holds secrets.</summary>
    public override string ToString() => Encoding.UTF8.GetString(bytes);

    private List<string> Names()
    {
        var names = new List<string>();
        foreach (var pair in new QueryStringEnumerable(ToString()))
        {
            names.Add(pair.DecodeName().ToString());
        }

        return names;
    }
}
