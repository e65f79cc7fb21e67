using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

using Gateway.Primitives.Json;

namespace Gateway.SocketIO.Protocol;

/// <summary>Writes a string as JSON, quotes included. Pure.</summary>
internal static class JsonText
{
    public static int GetLength(string text) => IsPlain(text) ? text.Length + 2 : Escape(text).EncodedUtf8Bytes.Length + 2;

    public static void Write(string text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        if (IsPlain(text))
        {
            // The usual case, without a copy on the heap.
            Encoding.UTF8.GetBytes(text, output);
        }
        else
        {
            output.Write(Escape(text).EncodedUtf8Bytes);
        }

        output.Write("\""u8);
    }

    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExcept(JsonChars.Plain);

    // The relaxed encoder: this is never put into a page, and clients read UTF-8. By way of bytes, because half a surrogate
    // pair would throw.
    private static JsonEncodedText Escape(string text) =>
        JsonEncodedText.Encode(Encoding.UTF8.GetBytes(text), JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
}
