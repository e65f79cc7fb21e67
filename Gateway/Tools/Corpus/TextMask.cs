using System.Text.RegularExpressions;

namespace Gateway.Tools.Corpus;

/// <summary>
/// Replaces the words of texts by those of a <see cref="WordMap"/>. Words of the protocols stay, and so do times, short numbers, and what a
/// recorder put in the place of secrets. One caller at a time.
/// </summary>
internal sealed partial class TextMask(WordMap words)
{
    private const int ShortNumber = 5;
    private const int ShortestHex = 16;
    private const int ShortestCrossedOut = 8;

    private readonly HashSet<string> _kept = new(ProtocolWords.All, StringComparer.Ordinal);

    public int Learnt => _kept.Count - ProtocolWords.All.Count;

    /// <summary>
    /// Words that a server said of itself stay from now on. What it was given was masked, so it has none of a user's. A number, or a word
    /// that stands for another, may be said again only: it is the server's own where what it became stands in the masked recording.
    /// </summary>
    /// <param name="recorded">What the masked recording has in that place.</param>
    /// <returns>False when none was new.</returns>
    public bool Learn(string said, string recorded = "")
    {
        var before = _kept.Count;
        var masked = Words(recorded).ToHashSet(StringComparer.Ordinal);
        _kept.UnionWith(Words(said)
            .Where(word => (!words.HasGiven(word) && !word.All(char.IsAsciiDigit))
                || (words.Find(word, IsHex(word)) is { } other && masked.Contains(other)))
            .ToList());
        return _kept.Count > before;
    }

    private static IEnumerable<string> Words(string text) =>
        Token().Matches(text).Where(static match => match.Groups["word"].Success).Select(static match => match.Value);

    private static bool IsHex(string word) =>
        word.Length >= ShortestHex && word.All(static c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));

    public string Mask(string text) => Token().Replace(text, MaskToken);

    private string MaskToken(Match match)
    {
        if (match.Groups["uuid"].Success)
        {
            return string.Join('-', match.Value.Split('-').Select(part => words.Map(part, isHex: true)));
        }

        if (match.Groups["titleId"] is { Success: true } id)
        {
            return match.Value[..^id.Length] + words.Map(id.Value, isHex: true);
        }

        if (match.Groups["word"] is not { Success: true, Value: var word })
        {
            return match.Value;
        }

        // A key that was crossed out, at whose end verify knows that it was.
        if (word.TrimEnd('x') is var front && word.Length - front.Length >= ShortestCrossedOut)
        {
            return MaskWord(front) + word[front.Length..];
        }

        return MaskWord(word);
    }

    private string MaskWord(string word) => _kept.Contains(word) || (word.Length <= ShortNumber && word.All(char.IsAsciiDigit))
        ? word
        : words.Map(word, IsHex(word));

    // A time; what stands for a secret; V0's ids of messages; an escape of JSON or of an address, however often it is escaped itself; an id
    // of V1's form; the title that V0 makes of an id; a word.
    [GeneratedRegex(
        """
        \d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?
        |redacted-\d+
        |\b[A-Z_]+\$[A-Z_]+\b
        |\\+(?:u[0-9a-fA-F]{4}|[nrtbf])
        |%[0-9A-Fa-f]{2}
        |(?<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)
        |(?<=\bConversation\ )(?<titleId>[0-9a-f]{5})\b
        |(?<word>[\p{L}\p{N}]+)
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
