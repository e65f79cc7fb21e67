using System.Text.Json;

namespace Gateway.Primitives.Json;

/// <summary>How much one piece of JSON may hold before a tree is built of it.</summary>
/// <param name="MaxValues">Objects, arrays, strings, numbers and literals, all counted alike.</param>
/// <param name="MaxDepth">Objects and arrays within one another.</param>
internal readonly record struct JsonLimits(int MaxValues, int MaxDepth);

/// <summary>What came of measuring JSON.</summary>
internal enum JsonShapeStatus
{
    Ok,
    NotJson,
    TooManyValues,
    TooDeep,
}

/// <summary>
/// Measures JSON token by token, before anything is built of it: a tree takes 500 bytes for a value as small as <c>{}</c>, so a bound
/// on bytes alone bounds no memory. UTF-8 is the caller's to check. Pure; never throws.
/// </summary>
internal static class JsonShape
{
    /// <summary>
    /// Measures the value at the start of <paramref name="json"/> and stops at its end, or at the first value that is too many. What
    /// follows is not looked at.
    /// </summary>
    /// <param name="length">The bytes up to the value's end; 0 unless the status is <see cref="JsonShapeStatus.Ok"/>.</param>
    public static JsonShapeStatus MeasureFirst(ReadOnlySpan<byte> json, JsonLimits limits, out int length)
    {
        length = 0;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonWalker.MaxDepth });
        var values = 0;
        try
        {
            while (reader.Read())
            {
                var opens = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
                if (opens && reader.CurrentDepth >= limits.MaxDepth)
                {
                    return JsonShapeStatus.TooDeep;
                }

                var isValue = reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.EndObject or JsonTokenType.EndArray);
                if (isValue && ++values > limits.MaxValues)
                {
                    return JsonShapeStatus.TooManyValues;
                }

                if (reader.CurrentDepth == 0 && !opens)
                {
                    length = (int)reader.BytesConsumed;
                    return JsonShapeStatus.Ok;
                }
            }
        }
        catch (JsonException)
        {
            // The reader has no other way to say that the input is wrong.
        }

        return JsonShapeStatus.NotJson;
    }
}
