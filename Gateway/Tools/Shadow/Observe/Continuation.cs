using System.Globalization;
using System.Text.RegularExpressions;

using Gateway.Tools.Har;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>
/// A session that goes on where what is kept of it was cut: from there on it is kept as one that connects again with the last event that it
/// was sent. Pure.
/// </summary>
internal static partial class Continuation
{
    private const string Latest = "latest_event_id";

    // As long as a recording tells apart.
    private static readonly TimeSpan s_step = TimeSpan.FromMicroseconds(10);

    /// <summary>The number of the event in a server's packet; null when it holds none.</summary>
    public static int? EventIdOf(string packet) =>
        EventId().Match(packet) is { Success: true } match
        && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : null;

    /// <summary>The request with which it would come again, by WebSocket.</summary>
    public static HttpMessage Request(HttpMessage opening, int lastEventId, DateTimeOffset time)
    {
        var at = opening.Target.IndexOf('?', StringComparison.Ordinal);
        var pairs = at < 0 ? [] : opening.Target[(at + 1)..].Split('&')
            .Where(static pair => !pair.StartsWith(Latest + "=", StringComparison.Ordinal)
                && !pair.StartsWith("transport=", StringComparison.Ordinal)
                && !pair.StartsWith("sid=", StringComparison.Ordinal));
        var query = pairs.Append("transport=websocket")
            .Append(string.Create(CultureInfo.InvariantCulture, $"{Latest}={lastEventId}"));
        var path = at < 0 ? opening.Target : opening.Target[..at];
        return opening with { First = "GET", Target = $"{path}?{string.Join('&', query)}", Started = time, Body = [], Size = 0 };
    }

    /// <summary>What such a client and V0 say to one another before anything else.</summary>
    public static IEnumerable<HarMessage> Messages(string openPacket, string connectPacket, string answer, DateTimeOffset time) =>
    [
        new HarMessage(false, time, false, openPacket),
        new HarMessage(true, time + s_step, false, connectPacket),
        new HarMessage(false, time + (2 * s_step), false, answer),
    ];

    [GeneratedRegex("""^42\["oh_event",\s*\{"id":\s*(\d{1,9})\s*,""")]
    private static partial Regex EventId();
}
