using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using Gateway.Primitives.Json;

namespace Gateway.Tools.Corpus;

/// <summary>
/// Masks the texts of JSON in its written form: names of fields, numbers, blanks and the way in which signs are escaped stay, so that its
/// size does. Text that is no JSON is masked as text. One caller at a time.
/// </summary>
internal sealed partial class JsonMask(TextMask texts)
{
    // JSON within a text of JSON, as the arguments of a tool's call.
    private const int MaxNesting = 4;

    private const int ShortestId = 32;

    /// <summary>What stands in the place of bytes that are no text.</summary>
    public static string Bytes(string base64) => string.Concat(base64.Select(static c => c == '=' ? c : 'A'));

    public string Mask(string text) => Mask(text, 0);

    private string Mask(string text, int depth)
    {
        var start = text.AsSpan().TrimStart();
        return depth < MaxNesting && start is ['{' or '[' or '"', ..] && JsonTree.TryRead(text, out _)
            ? MaskJson(text, depth)
            : texts.Mask(text);
    }

    private string MaskJson(string json, int depth)
    {
        var masked = new StringBuilder(json.Length);
        var names = new Stack<string>();
        var (name, place) = ("", 0);
        foreach (Match match in Piece().Matches(json))
        {
            masked.Append(json, place, match.Index - place);
            place = match.Index + match.Length;
            switch (match.Value[0])
            {
                case '{' or '[':
                    names.Push(name);
                    masked.Append(match.Value);
                    break;
                case '}' or ']':
                    names.TryPop(out _);
                    name = names.TryPeek(out var outer) ? outer : "";
                    masked.Append(match.Value);
                    break;
                default:
                    var isName = match.Groups["colon"].Success;
                    var text = JsonTree.ReadOrNull(match.Groups["text"].Value).AsText() ?? "";
                    name = isName ? text : name;
                    var other = isName ? MaskName(text, names) : ProtocolWords.Fields.Contains(name) ? text : Mask(text, depth + 1);
                    masked.Append(Write(other, match.Groups["text"].Value)).Append(match.Groups["colon"].Value);
                    break;
            }
        }

        return masked.Append(json, place, json.Length - place).ToString();
    }

    private string MaskName(string name, Stack<string> names) =>
        (names.TryPeek(out var owner) && ProtocolWords.NamedByUsers.Contains(owner)) || !IsField(name) ? texts.Mask(name) : name;

    private static bool IsField(string name) =>
        name.Length < ShortestId && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    // As it was written: with other scripts as they are, or all of them escaped as Python does.
    private static string Write(string text, string original)
    {
        if (JsonTree.ReadOrNull(original).AsText() == text)
        {
            return original;
        }

        var isAscii = Ascii.IsValid(original);
        var written = new StringBuilder(original.Length).Append('"');
        foreach (var sign in text)
        {
            written.Append(sign switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' or '\u007f' => Escaped(sign),
                > '\u007f' when isAscii || char.IsSurrogate(sign) => isAscii ? Escaped(sign) : sign.ToString(),
                _ => sign.ToString(),
            });
        }

        return written.Append('"').ToString();
    }

    private static string Escaped(char sign) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)sign:x4}");

    [GeneratedRegex("""[{}\[\]]|(?<text>"(?:[^"\\]|\\.)*")(?<colon>\s*:)?""", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Piece();
}
