using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>
/// The times in V0's metadata: ISO 8601 text, or a number of seconds. One without a zone is UTC's: V0 answers the whole list with an error
/// then. Pure.
/// </summary>
internal static partial class MetadataTime
{
    // What V0's parser takes for milliseconds: no date of these centuries has so many seconds.
    private const double MaxSeconds = 2e10;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("-.0123456789");

    /// <summary>False for what is no time.</summary>
    public static bool TryParse(JToken? value, out DateTimeOffset time)
    {
        time = default;
        return value.AsText() is { } text ? TryParse(text, out time) : value.AsNumber() is { } number && TryFromNumber(number, out time);
    }

    /// <summary>As V0's answers have it: microseconds unless there are none, and <c>Z</c> for UTC.</summary>
    public static string Format(DateTimeOffset time)
    {
        var hasFraction = time.Ticks / TimeSpan.TicksPerMicrosecond % 1_000_000 != 0;
        var text = time.ToString(hasFraction ? "yyyy-MM-ddTHH:mm:ss.ffffff" : "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return text + (time.Offset == TimeSpan.Zero ? "Z" : time.ToString("zzz", CultureInfo.InvariantCulture));
    }

    /// <summary>What V0's parser says of a text that is no time.</summary>
    public static string FaultOf(string text) => text switch
    {
        { Length: < 10 } => "input is too short",
        _ when !text[..4].All(char.IsAsciiDigit) => "invalid character in year",
        _ when text[4] != '-' || text[7] != '-' => "invalid date separator, expected `-`",
        _ when !text[5..7].All(char.IsAsciiDigit) => "invalid character in month",
        _ when int.Parse(text.AsSpan(5, 2), CultureInfo.InvariantCulture) is 0 or > 12 => "month value is outside expected range of 1-12",
        _ when !text[8..10].All(char.IsAsciiDigit) => "invalid character in day",
        { Length: 10 } => "day value is outside expected range",
        _ => "unexpected extra characters at the end of the input",
    };

    private static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        var match = Iso().Match(text);
        if (!match.Success)
        {
            return text.Length > 0
                && !text.AsSpan().ContainsAnyExcept(s_digits)
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && TryFromNumber(number, out time);
        }

        try
        {
            var local = new DateTime(Part(1), Part(2), Part(3), Part(4), Part(5), Part(6), DateTimeKind.Unspecified);
            var fraction = match.Groups[7].Value.PadRight(7, '0')[..7];
            time = new DateTimeOffset(
                local.AddTicks(long.Parse(fraction, CultureInfo.InvariantCulture)), ZoneOf(match.Groups[8].ValueSpan));
            return true;
        }
        catch (ArgumentException)
        {
            // A day that its month does not have, an hour past 23, a zone past 14 hours.
            return false;
        }

        int Part(int group) => match.Groups[group].Success
            ? int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture)
            : 0;
    }

    private static TimeSpan ZoneOf(ReadOnlySpan<char> zone)
    {
        if (zone is "" or "Z" or "z")
        {
            return TimeSpan.Zero;
        }

        var offset = new TimeSpan(
            int.Parse(zone.Slice(1, 2), CultureInfo.InvariantCulture), int.Parse(zone[^2..], CultureInfo.InvariantCulture), 0);
        return zone[0] == '-' ? -offset : offset;
    }

    private static bool TryFromNumber(double number, out DateTimeOffset time)
    {
        time = default;
        var seconds = Math.Abs(number) > MaxSeconds ? number / 1_000 : number;
        if (Math.Abs(seconds) > MaxSeconds)
        {
            return false;
        }

        time = DateTimeOffset.UnixEpoch.AddTicks((long)Math.Round(seconds * 1_000_000) * TimeSpan.TicksPerMicrosecond);
        return true;
    }

    [GeneratedRegex(
        """^(\d{4})-(\d{2})-(\d{2})(?:[Tt _](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d{2}:?\d{2})?)?$""",
        RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Iso();
}
