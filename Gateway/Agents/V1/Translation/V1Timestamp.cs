using System.Globalization;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// V1's timestamps. Its servers write their local time without an offset, and some events carry one. Only the distance of two times
/// of one server is ever asked, so both are taken to UTC: what has no offset is read as UTC, and never by the zone of this machine. Pure.
/// </summary>
internal static class V1Timestamp
{
    private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary>
    /// Whether <paramref name="now"/> is later than <paramref name="since"/> by more than the window. False when either is no time.
    /// </summary>
    public static bool IsPast(string since, string now, TimeSpan window) =>
        TryParse(since, out var start) && TryParse(now, out var end) && end - start > window;

    private static bool TryParse(string timestamp, out DateTime time) =>
        DateTime.TryParse(timestamp, CultureInfo.InvariantCulture, Utc, out time);
}
