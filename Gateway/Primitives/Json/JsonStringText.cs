using System.Globalization;
using System.Text;

namespace Gateway.Primitives.Json;

/// <summary>
/// The text of a checked JSON string. Half a surrogate pair, which V0's Python stores and .NET's own reader refuses, is kept.
/// Pure.
/// </summary>
internal static class JsonStringText
{
    /// <summary>Decodes what stands between the quotes of a string that a reader or walker has accepted.</summary>
    public static string Decode(ReadOnlySpan<byte> escapedText)
    {
        if (!escapedText.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetString(escapedText);
        }

        // Measured first: a builder that grows would cost a long text three times its length.
        return string.Create(CountChars(escapedText), escapedText, static (text, escaped) => Decode(escaped, text));
    }

    /// <summary>
    /// Whether the string says <paramref name="expected"/> (ASCII), escaped or not. Allocates nothing for a string without escapes.
    /// </summary>
    public static bool Is(ReadOnlySpan<byte> escapedText, bool escaped, ReadOnlySpan<byte> expected) =>
        escaped ? Encoding.UTF8.GetBytes(Decode(escapedText)).AsSpan().SequenceEqual(expected) : escapedText.SequenceEqual(expected);

    private static int CountChars(ReadOnlySpan<byte> escapedText)
    {
        var count = 0;
        while (!escapedText.IsEmpty)
        {
            var plain = escapedText.IndexOf((byte)'\\');
            if (plain < 0)
            {
                return count + Encoding.UTF8.GetCharCount(escapedText);
            }

            count += Encoding.UTF8.GetCharCount(escapedText[..plain]) + 1;
            escapedText = escapedText[(plain + EscapeLength(escapedText[plain..]))..];
        }

        return count;
    }

    private static void Decode(ReadOnlySpan<byte> escapedText, Span<char> text)
    {
        while (!escapedText.IsEmpty)
        {
            var plain = escapedText.IndexOf((byte)'\\');
            if (plain < 0)
            {
                Encoding.UTF8.GetChars(escapedText, text);
                return;
            }

            text = text[Encoding.UTF8.GetChars(escapedText[..plain], text)..];
            escapedText = escapedText[plain..];
            var length = EscapeLength(escapedText);
            text[0] = length == 6
                ? (char)ushort.Parse(escapedText[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                : Unescape(escapedText[1]);
            text = text[1..];
            escapedText = escapedText[length..];
        }
    }

    private static int EscapeLength(ReadOnlySpan<byte> escape) => escape[1] == 'u' ? 6 : 2;

    private static char Unescape(byte letter) => letter switch
    {
        (byte)'b' => '\b',
        (byte)'f' => '\f',
        (byte)'n' => '\n',
        (byte)'r' => '\r',
        (byte)'t' => '\t',
        _ => (char)letter,
    };
}
