using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tools.Corpus;

/// <summary>
/// Gives each word another one of the same length, of the same kinds of signs: letters for letters, digits for digits, and of each sign as
/// many bytes in UTF-8. One word always becomes the same one, two words never become one, and the beginning of a word becomes the
/// beginning of its other one, because titles and ids are cut off. Without its key, which is random and never kept, nothing leads back.
/// One caller at a time.
/// </summary>
internal sealed class WordMap
{
    private const string Lower = "abcdefghijklmnopqrstuvwxyz";
    private const string Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digits = "0123456789";
    private const string HexDigits = "0123456789abcdef";

    // So many signs before a sign decide on it: a picture in a text is one long word.
    private const int Memory = 32;

    private readonly byte[] _key;
    private readonly Dictionary<(string, bool), string> _words = [];
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <param name="key">Secret bytes; the same key gives the same words.</param>
    public WordMap(byte[] key) => _key = key;

    /// <summary>The word is one that stands for another.</summary>
    public bool HasGiven(string word) => _given.Contains(word);

    /// <summary>What the word became; null when it was not asked for.</summary>
    public string? Find(string word, bool isHex) => _words.GetValueOrDefault((word, isHex));

    /// <param name="isHex">It is made of hex digits, and has to stay so.</param>
    public string Map(string word, bool isHex = false)
    {
        if (!_words.TryGetValue((word, isHex), out var other))
        {
            other = Make(word, isHex);
            _words[(word, isHex)] = other;
            _given.Add(other);
        }

        return other;
    }

    private string Make(string word, bool isHex)
    {
        var other = new StringBuilder(word.Length);
        for (var i = 0; i < word.Length; i++)
        {
            other.Append(AlphabetOf(word[i], isHex) is { } alphabet
                ? Shifted(alphabet, word[i], word.AsSpan(Math.Max(0, i - Memory), Math.Min(i, Memory)))
                : OfOtherScript(word[i], word.AsSpan(Math.Max(0, i - Memory), Math.Min(i, Memory))));
        }

        return other.ToString();
    }

    private static string? AlphabetOf(char sign, bool isHex) => sign switch
    {
        _ when isHex && HexDigits.Contains(sign) => HexDigits,
        >= 'a' and <= 'z' => Lower,
        >= 'A' and <= 'Z' => Upper,
        >= '0' and <= '9' => Digits,
        _ => null,
    };

    // A shift is one to one, and the signs before it, which decide on it, are known to whoever has the key.
    private char Shifted(string alphabet, char sign, ReadOnlySpan<char> before) =>
        alphabet[(alphabet.IndexOf(sign) + 1 + (Number(before) % (alphabet.Length - 1))) % alphabet.Length];

    // Letters of other scripts stay within a block of 64 signs, and so within their length in UTF-8; halves of pairs stay as they are.
    private char OfOtherScript(char sign, ReadOnlySpan<char> before)
    {
        if (char.IsSurrogate(sign) || !char.IsLetter(sign))
        {
            return sign;
        }

        var shifted = sign;
        var steps = 1 + (Number(before) % 61);
        for (var tries = 0; tries < 64 * 64 && steps > 0; tries++)
        {
            shifted = (char)((shifted & ~63) | ((shifted + 1) & 63));
            steps -= char.IsLetter(shifted) ? 1 : 0;
        }

        return shifted;
    }

    private int Number(ReadOnlySpan<char> before)
    {
        var hash = HMACSHA256.HashData(_key, Encoding.Unicode.GetBytes(before.ToString()));
        return BitConverter.ToInt32(hash) & int.MaxValue;
    }
}
