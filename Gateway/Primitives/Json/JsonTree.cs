using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

using Newtonsoft.Json.Linq;

namespace Gateway.Primitives.Json;

/// <summary>
/// The program's one reader of JSON trees. It loses nothing that Newtonsoft's own reader would change: numbers other than plain integers
/// stay as they were written (<see cref="JRaw"/>), dates stay text, half surrogate pairs stay. Of a repeated key the last counts. Nesting
/// costs no stack. Pure.
/// </summary>
internal static class JsonTree
{
    /// <summary>False when the bytes are not one JSON value, or nested deeper than <see cref="JsonWalker.MaxDepth"/>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out JToken token)
    {
        token = JValue.CreateNull();
        if (!Utf8.IsValid(json))
        {
            return false;
        }

        try
        {
            token = ReadChecked(json);
            return true;
        }
        catch (JsonException)
        {
            // The reader has no other way to say that the input is wrong.
            return false;
        }
    }

    /// <summary>As for bytes. Half surrogate pairs that are not escaped become U+FFFD.</summary>
    public static bool TryRead(string json, out JToken token) => TryRead(Encoding.UTF8.GetBytes(json), out token);

    /// <summary>True only for an object; otherwise <paramref name="value"/> is empty.</summary>
    public static bool TryReadObject(ReadOnlySpan<byte> json, out JObject value)
    {
        value = TryRead(json, out var token) ? token as JObject ?? [] : [];
        return token is JObject;
    }

    /// <summary>As for bytes.</summary>
    public static bool TryReadObject(string json, out JObject value) => TryReadObject(Encoding.UTF8.GetBytes(json), out value);

    /// <summary>The value, or null when the text is none.</summary>
    public static JToken? ReadOrNull(string json) => TryRead(json, out var token) ? token : null;

    /// <summary>Reads bytes that a scanner has accepted already: their UTF-8 is not checked again.</summary>
    /// <exception cref="JsonException">The bytes are not one JSON value after all.</exception>
    public static JToken ReadChecked(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonWalker.MaxDepth });
        if (!reader.Read())
        {
            throw new JsonException();
        }

        var token = ReadValue(ref reader);
        return reader.Read() ? throw new JsonException() : token;
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
        return isPlain ? new JValue(value) : new JRaw(Encoding.ASCII.GetString(digits));
    }
}
