using System.Text.RegularExpressions;

namespace Gateway.Tools.Corpus;

/// <summary>
/// Masks a form of several parts: names of files and what is in them. What divides the parts, names of fields and media types stay, so that
/// it can be read as before. One caller at a time.
/// </summary>
internal sealed partial class MultipartMask(TextMask texts, JsonMask json)
{
    private const string EndOfHead = "\r\n\r\n";

    /// <summary>What divides the parts; null when the media type is of no such form.</summary>
    public static string? BoundaryOf(string mediaType) =>
        Boundary().Match(mediaType) is { Success: true } match ? match.Groups["boundary"].Value : null;

    public string Mask(string text, string boundary)
    {
        var divider = $"--{boundary}";
        return string.Join(divider, text.Split(divider).Select(Part));
    }

    // What ends the form is a part without a head.
    private string Part(string part) => part.IndexOf(EndOfHead, StringComparison.Ordinal) is >= 0 and var end
        ? string.Join("\r\n", part[..end].Split("\r\n").Select(HeadLine)) + EndOfHead + json.Mask(part[(end + EndOfHead.Length)..])
        : texts.Mask(part);

    private string HeadLine(string line) => line.StartsWith("Content-Type:", StringComparison.OrdinalIgnoreCase)
        ? line
        : line.StartsWith("Content-Disposition:", StringComparison.OrdinalIgnoreCase)
        ? FileName().Replace(line, match => texts.Mask(match.Value))
        : texts.Mask(line);

    [GeneratedRegex("""^multipart/.*;\s*boundary="?(?<boundary>[^";]+)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Boundary();

    [GeneratedRegex("""(?<=filename=")(?:[^"\\]|\\.)*|(?<=filename\*=[^']*'[^']*')[^;]*""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
