using System.Globalization;
using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>
/// Where a page of the list begins, as V0 writes it into <c>page_id</c>: base64 of an object with a place in V0's conversations and one in
/// V1's. Pure. Source: PROTOCOL.md, "V0 conversations".
/// </summary>
/// <param name="Offset">How many conversations come before the page.</param>
/// <param name="V1Offset">The same of V1's, of which V0's server has none: it moves only when it is asked for less than nothing.</param>
internal readonly record struct PageCursor(int Offset, int V1Offset)
{
    /// <summary>False for what V0 cannot read.</summary>
    public static bool TryParse(string text, out PageCursor cursor)
    {
        cursor = default;
        if (text.Length == 0)
        {
            return true;
        }

        if (!TryDecode(text, out var json)
            || !JsonTree.TryReadObject(json, out var places)
            || !TryReadOffset(places["v0"], isCoded: true, out var offset)
            || !TryReadOffset(places["v1"], isCoded: false, out var v1Offset))
        {
            return false;
        }

        cursor = new PageCursor(offset, v1Offset);
        return true;
    }

    /// <summary>The id of the page that follows; null when there is nothing more.</summary>
    /// <param name="limit">How many were asked for.</param>
    /// <param name="total">All there are.</param>
    public string? Next(int limit, int total)
    {
        var end = Math.Min((long)Offset + limit, total);
        var v0 = end < total ? $"\"{Encode(end.ToString(CultureInfo.InvariantCulture))}\"" : null;
        var v1 = limit < 0 ? $"\"{((long)V1Offset + limit).ToString(CultureInfo.InvariantCulture)}\"" : null;
        return v0 is null && v1 is null ? null : Encode($$"""{"v0": {{v0 ?? "null"}}, "v1": {{v1 ?? "null"}}}""");
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static bool TryReadOffset(JToken? place, bool isCoded, out int offset)
    {
        offset = 0;
        if (place is null or { Type: JTokenType.Null })
        {
            return true;
        }

        if (place.AsText() is not { } text)
        {
            return false;
        }

        if (isCoded)
        {
            if (!TryDecode(text, out var decoded))
            {
                return false;
            }

            text = decoded;
        }

        return int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out offset);
    }

    /// <summary>As Python's decoder: characters that base64 does not have are passed over.</summary>
    private static bool TryDecode(string text, out string decoded)
    {
        decoded = "";
        var kept = string.Concat(text.Where(static c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '='));
        var bytes = new byte[kept.Length];
        if (!Convert.TryFromBase64String(kept, bytes, out var length))
        {
            return false;
        }

        decoded = Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }
}
