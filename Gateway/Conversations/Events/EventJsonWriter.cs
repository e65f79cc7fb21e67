using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// Writes JSON as V0's Python does (<c>json.dumps</c>): <c>", "</c> and <c>": "</c> between things, ASCII alone, lower-case escapes, so
/// that what we store looks like what V0 stores, byte for byte. Pure.
/// </summary>
internal static class EventJsonWriter
{
    /// <summary>The most that is asked of an output at a time.</summary>
    public const int MaxStepBytes = 4 * 1024;

    public static void Write(JToken token, IBufferWriter<byte> output)
    {
        switch (token)
        {
            case JObject value:
                WriteObject(value, output);
                break;
            case JArray value:
                WriteArray(value, output);
                break;
            case JRaw value:
                WriteAscii((string?)value.Value ?? "null", output);
                break;
            case JValue value:
                WriteScalar(value, output);
                break;
            default:
                throw new ArgumentException($"A {token.Type} is no JSON value.", nameof(token));
        }
    }

    /// <summary>string, quotes included. Half a surrogate pair is written as its escape.</summary>
    public static void WriteString(ReadOnlySpan<char> text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        while (!text.IsEmpty)
        {
            var special = text.IndexOfAnyExcept(JsonChars.Plain);
            var plain = special < 0 ? text : text[..special];
            if (!plain.IsEmpty)
            {
                WriteAscii(plain, output);
                text = text[plain.Length..];
            }

            if (!text.IsEmpty)
            {
                WriteEscape(text[0], output);
                text = text[1..];
            }
        }

        output.Write("\""u8);
    }

    private static void WriteObject(JObject value, IBufferWriter<byte> output)
    {
        output.Write("{"u8);
        var first = true;
        foreach (var property in value.Properties())
        {
            if (!first)
            {
                output.Write(", "u8);
            }

            first = false;
            WriteString(property.Name, output);
            output.Write(": "u8);
            Write(property.Value, output);
        }

        output.Write("}"u8);
    }

    private static void WriteArray(JArray value, IBufferWriter<byte> output)
    {
        output.Write("["u8);
        for (var i = 0; i < value.Count; i++)
        {
            if (i > 0)
            {
                output.Write(", "u8);
            }

            Write(value[i], output);
        }

        output.Write("]"u8);
    }

    private static void WriteScalar(JValue value, IBufferWriter<byte> output)
    {
        switch (value.Value)
        {
            case null:
                output.Write("null"u8);
                break;
            case bool flag:
                output.Write(flag ? "true"u8 : "false"u8);
                break;
            case double or float or decimal:
                WriteAscii(PythonText.Number(Convert.ToDouble(value.Value, CultureInfo.InvariantCulture)), output);
                break;
            case sbyte or byte or short or ushort or int or uint or long or ulong or BigInteger:
                WriteAscii(Convert.ToString(value.Value, CultureInfo.InvariantCulture) ?? "null", output);
                break;
            default:
                WriteString(Convert.ToString(value.Value, CultureInfo.InvariantCulture) ?? "", output);
                break;
        }
    }

    private static void WriteEscape(char character, IBufferWriter<byte> output)
    {
        switch (character)
        {
            case '"':
                output.Write("\\\""u8);
                break;
            case '\\':
                output.Write("\\\\"u8);
                break;
            case '\n':
                output.Write("\\n"u8);
                break;
            case '\r':
                output.Write("\\r"u8);
                break;
            case '\t':
                output.Write("\\t"u8);
                break;
            case '\b':
                output.Write("\\b"u8);
                break;
            case '\f':
                output.Write("\\f"u8);
                break;
            default:
                WriteHexEscape(character, output);
                break;
        }
    }

    private static void WriteHexEscape(char character, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(6);
        span[0] = (byte)'\\';
        span[1] = (byte)'u';
        ((int)character).TryFormat(span[2..], out _, "x4", CultureInfo.InvariantCulture);
        output.Advance(6);
    }

    private static void WriteAscii(ReadOnlySpan<char> text, IBufferWriter<byte> output)
    {
        while (!text.IsEmpty)
        {
            var step = text[..Math.Min(text.Length, MaxStepBytes)];
            output.Advance(Encoding.ASCII.GetBytes(step, output.GetSpan(step.Length)));
            text = text[step.Length..];
        }
    }
}
