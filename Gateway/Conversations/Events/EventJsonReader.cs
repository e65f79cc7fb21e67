using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// Reads JSON into Newtonsoft's tree without losing anything that Newtonsoft's own reader would change: numbers other than plain
/// integers stay as they were written (<see cref="JRaw"/>), dates stay text, half surrogate pairs stay. Of a repeated key the last counts. Pure.
/// </summary>
internal static class EventJsonReader
{
    /// <summary>False when the bytes are not one JSON value, or nested deeper than <see cref="JsonWalker.MaxDepth"/>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out JToken token)
    {
        token = JValue.CreateNull();
        if (!Utf8.IsValid(json))
        {
            return false;
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonWalker.MaxDepth });
        try
        {
            if (!reader.Read())
            {
                return false;
            }

            token = ReadValue(ref reader);
            return !reader.Read();
        }
        catch (JsonException)
        {
            // The reader has no other way to say that the input is wrong.
            return false;
        }
    }

    /// <summary>As <see cref="TryRead"/>, for an object.</summary>
    public static bool TryReadObject(ReadOnlySpan<byte> json, out JObject value)
    {
        value = TryRead(json, out var token) ? token as JObject ?? [] : [];
        return token is JObject;
    }

    private static JToken ReadValue(ref Utf8JsonReader reader)
    {
        JContainer? container = null;
        string? key = null;
        while (true)
        {
            JToken? value = null;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    key = JsonStringText.Decode(reader.ValueSpan);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    if (container?.Parent is not { } outer)
                    {
                        return container ?? throw new JsonException();
                    }

                    // A property stands between an object and the object that holds it.
                    container = outer as JObject ?? outer as JArray ?? outer.Parent;
                    break;
                case JsonTokenType.StartObject:
                    value = new JObject();
                    break;
                case JsonTokenType.StartArray:
                    value = new JArray();
                    break;
                default:
                    value = ReadScalar(ref reader);
                    break;
            }

            if (value is not null)
            {
                Add(container, key, value);
                container = value as JContainer ?? container;
                if (container is null)
                {
                    return value;
                }
            }

            if (!reader.Read())
            {
                throw new JsonException();
            }
        }
    }

    private static void Add(JContainer? container, string? key, JToken value)
    {
        if (container is JObject owner && key is not null)
        {
            owner[key] = value;
        }
        else
        {
            (container as JArray)?.Add(value);
        }
    }

    private static JValue ReadScalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => new JValue(JsonStringText.Decode(reader.ValueSpan)),
        JsonTokenType.True => new JValue(true),
        JsonTokenType.False => new JValue(false),
        JsonTokenType.Null => JValue.CreateNull(),
        _ => ReadNumber(reader.ValueSpan),
    };

    private static JValue ReadNumber(ReadOnlySpan<byte> digits)
    {
        var isPlain = Utf8Parser.TryParse(digits, out long value, out var used) && used == digits.Length && !digits.SequenceEqual("-0"u8);
        return isPlain ? new JValue(value) : new JRaw(System.Text.Encoding.ASCII.GetString(digits));
    }
}
