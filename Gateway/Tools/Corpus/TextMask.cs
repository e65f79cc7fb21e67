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

    private readonly HashSet<string> _kept = new(ProtocolWords.All, StringComparer.Ordinal);

    public int Learnt => _kept.Count - ProtocolWords.All.Count;

    /// <summary>
    /// Words that a server said of itself stay from now on. What it was given was masked, so it has none of a user's; those that stand for
    /// others are left out all the same.
    /// </summary>
    /// <returns>False when none was new.</returns>
    public bool Learn(string said)
    {
        var before = _kept.Count;
        foreach (Match match in Token().Matches(said))
        {
            if (match.Groups["word"] is { Success: true, Value: var word } && !words.HasGiven(word) && !word.All(char.IsAsciiDigit))
            {
                _kept.Add(word);
            }
        }

        return _kept.Count > before;
    }

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

        return _kept.Contains(word) || (word.Length <= ShortNumber && word.All(char.IsAsciiDigit))
            ? word
            : words.Map(word, word.Length >= ShortestHex && word.All(static c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f')));
    }

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
