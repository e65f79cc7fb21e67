using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

using Gateway.Primitives.Json;

using MessagePack;

namespace Gateway.SocketIO.Protocol;

/// <summary>
/// Writes JSON of our own as MessagePack, as <c>socket.io-msgpack-parser</c> would write the values that it stands for. Pure. Half a
/// surrogate pair, which MessagePack's UTF-8 cannot hold, becomes U+FFFD.
/// </summary>
internal static class JsonToMessagePack
{
    // What is stored may be a little less deep; the arguments of an event are around it.
    private const int MaxDepth = JsonWalker.MaxDepth + 8;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = MaxDepth };

    /// <summary>One value. Throws a <see cref="JsonException"/> for what is no JSON.</summary>
    /// <param name="json">In UTF-8.</param>
    /// <param name="attachments">What placeholders stand for; a placeholder of another number stays an object.</param>
    public static void Write(
        ReadOnlyMemory<byte> json, IReadOnlyList<ReadOnlyMemory<byte>> attachments, ref MessagePackWriter writer)
    {
        using var document = JsonDocument.Parse(json, s_options);
        Write(document.RootElement, attachments, ref writer);
    }

    private static void Write(JsonElement value, IReadOnlyList<ReadOnlyMemory<byte>> attachments, ref MessagePackWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when attachments.Count > 0 && TryFindAttachment(value, attachments, out var attachment):
                writer.Write(attachment.Span);
                break;
            case JsonValueKind.Object:
                writer.WriteMapHeader(value.GetPropertyCount());
                foreach (var property in value.EnumerateObject())
                {
                    WriteText(JsonMarshal.GetRawUtf8PropertyName(property), ref writer);
                    Write(property.Value, attachments, ref writer);
                }

                break;
            case JsonValueKind.Array:
                writer.WriteArrayHeader(value.GetArrayLength());
                foreach (var element in value.EnumerateArray())
                {
                    Write(element, attachments, ref writer);
                }

                break;
            case JsonValueKind.String:
                WriteText(JsonMarshal.GetRawUtf8Value(value)[1..^1], ref writer);
                break;
            case JsonValueKind.Number:
                WriteNumber(value, ref writer);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.Write(value.ValueKind == JsonValueKind.True);
                break;
            default:
                writer.WriteNil();
                break;
        }
    }

    private static void WriteText(ReadOnlySpan<byte> escapedText, ref MessagePackWriter writer) => writer.WriteString(
        escapedText.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(JsonStringText.Decode(escapedText)) : escapedText);

    // JavaScript's numbers lose as much of a long one.
    private static void WriteNumber(JsonElement number, ref MessagePackWriter writer)
    {
        if (number.TryGetInt64(out var integer))
        {
            writer.Write(integer);
        }
        else if (number.TryGetUInt64(out var large))
        {
            writer.Write(large);
        }
        else
        {
            writer.Write(number.TryGetDouble(out var real) ? real : double.NaN);
        }
    }

    // {"_placeholder":true,"num":n}
    private static bool TryFindAttachment(
        JsonElement value, IReadOnlyList<ReadOnlyMemory<byte>> attachments, out ReadOnlyMemory<byte> attachment)
    {
        var isOne = value.TryGetProperty("_placeholder", out var mark) && mark.ValueKind == JsonValueKind.True;
        var number = -1;
        isOne = isOne && value.TryGetProperty("num", out var index) && index.ValueKind == JsonValueKind.Number
            && index.TryGetInt32(out number) && number >= 0 && number < attachments.Count;
        attachment = isOne ? attachments[number] : default;
        return isOne;
    }
}
