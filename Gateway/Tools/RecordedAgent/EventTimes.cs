using System.Globalization;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.RecordedAgent;

/// <summary>
/// When a log's events were made. V0 writes local time without a zone (PROTOCOL.md, "V0 event envelope"): what the recorded server's clock
/// showed is told from when its events came. Immutable.
/// </summary>
internal sealed class EventTimes
{
    private static readonly TimeSpan s_zoneStep = TimeSpan.FromMinutes(15);

    private readonly List<(int Id, DateTimeOffset Time)> _times;

    private EventTimes(List<(int Id, DateTimeOffset Time)> times) => _times = times;

    public static EventTimes Of(SortedDictionary<int, JObject> log, List<SocketRecording> sessions)
    {
        // Only what came live came at once.
        var late = sessions
            .SelectMany(static session => session.Frames.Where(static frame => !frame.FromClient).SkipWhile(static frame => !IsJoin(frame)))
            .Select(static frame => TimeOf(RecordedRun.ArrayOf(frame.Text)?.ElementAtOrDefault(1)) is { } made
                ? frame.Time - made
                : (TimeSpan?)null)
            .Min() ?? TimeSpan.Zero;
        var shift = Math.Floor((late + TimeSpan.FromMinutes(1)) / s_zoneStep) * s_zoneStep;
        return new EventTimes(
        [
            .. log.Select(pair => (pair.Key, TimeOf(pair.Value)))
                .Where(static pair => pair.Item2 is not null)
                .Select(pair => (pair.Key, (pair.Item2 ?? default) + shift)),
        ]);
    }

    /// <summary>When an event was made; null when that is not known.</summary>
    public DateTimeOffset? TimeOf(int id) =>
        _times.Where(one => one.Id == id).Select(static one => (DateTimeOffset?)one.Time).FirstOrDefault();

    /// <summary>The highest event made before; null when none was.</summary>
    public int? LastBefore(DateTimeOffset time) =>
        _times.Where(one => one.Time < time).Select(static one => (int?)one.Id).Max();

    private static bool IsJoin(SocketFrame frame) => frame is { IsBinary: false } && frame.Text.StartsWith("40{", StringComparison.Ordinal);

    private static DateTimeOffset? TimeOf(JToken? json) =>
        DateTimeOffset.TryParse(json.Text("timestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
}
