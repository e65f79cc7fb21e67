using System.Text;
using System.Text.Unicode;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>Reads files as V0 shows them as text. Stateless; any thread.</summary>
internal static class FileText
{
    private const int BinarySample = 1_024;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The file's bytes; null when there are more than allowed, however many it claims to have.</summary>
    public static byte[]? Read(WorkspaceEntry file, int maxBytes)
    {
        using var stream = file.OpenRead();
        using var bytes = new MemoryStream((int)Math.Min(file.Size, maxBytes));
        var block = new byte[64 * 1_024];
        for (int read; (read = stream.Read(block)) > 0;)
        {
            if (bytes.Length + read > maxBytes)
            {
                return null;
            }

            bytes.Write(block, 0, read);
        }

        return bytes.ToArray();
    }

    /// <summary>By its beginning, as V0's library guesses: a zero byte or 0xFF, or mostly bytes that are no text.</summary>
    public static bool IsBinary(ReadOnlySpan<byte> bytes)
    {
        var sample = bytes[..Math.Min(bytes.Length, BinarySample)];
        if (sample.IndexOfAny((byte)0, (byte)0xFF) >= 0)
        {
            return true;
        }

        if (Utf8.IsValid(bytes))
        {
            return false;
        }

        var strange = 0;
        foreach (var value in sample)
        {
            strange += value is (< 0x20 or > 0x7E) and not ((byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'\f' or (byte)'\b') ? 1 : 0;
        }

        return strange > sample.Length * 3 / 10;
    }

    /// <summary>What is no UTF-8 becomes replacement characters. A mark at the beginning stays, as with V0.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Null when it is no UTF-8.</summary>
    public static string? DecodeStrictly(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? s_strict.GetString(bytes) : null;

    public static string WithLineFeeds(string text) =>
        text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');

    /// <summary>
    /// The text's lines, as Python parts them, joined by line feeds, without the last line's end: the <c>modified</c> of V0's diffs.
    /// </summary>
    public static string JoinLines(string text)
    {
        var lines = new StringBuilder(text.Length);
        foreach (var c in WithLineFeeds(text))
        {
            lines.Append(c is '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029' ? '\n' : c);
        }

        if (lines.Length > 0 && lines[^1] == '\n')
        {
            lines.Length--;
        }

        return lines.ToString();
    }

    /// <summary>Without blank space at both ends, by Python's idea of it: the <c>original</c> of V0's diffs.</summary>
    public static string Strip(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsBlank(text[start]))
        {
            start++;
        }

        while (end > start && IsBlank(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';
}
