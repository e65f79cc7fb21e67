using System.Globalization;
using System.Text;

namespace Gateway.Conversations.Events;

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

        var text = new StringBuilder(escapedText.Length);
        while (!escapedText.IsEmpty)
        {
            var plain = escapedText.IndexOf((byte)'\\');
            if (plain < 0)
            {
                text.Append(Encoding.UTF8.GetString(escapedText));
                break;
            }

            text.Append(Encoding.UTF8.GetString(escapedText[..plain]));
            escapedText = escapedText[plain..];
            if (escapedText[1] == 'u')
            {
                text.Append((char)ushort.Parse(escapedText[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                escapedText = escapedText[6..];
            }
            else
            {
                text.Append(Unescape(escapedText[1]));
                escapedText = escapedText[2..];
            }
        }

        return text.ToString();
    }

    /// <summary>Whether the string says <paramref name="expected"/> (ASCII), escaped or not. Allocates nothing for a string without escapes.</summary>
    public static bool Is(ReadOnlySpan<byte> escapedText, bool escaped, ReadOnlySpan<byte> expected) =>
        escaped ? Encoding.UTF8.GetBytes(Decode(escapedText)).AsSpan().SequenceEqual(expected) : escapedText.SequenceEqual(expected);

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
