using Gateway.Tools.Har;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Readiness;

/// <summary>Sizes and rates of a recording: of each connection, log and client the largest. Pure.</summary>
internal static class LoadSightings
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    public static IEnumerable<Sighting> Of(RecordedSession session)
    {
        foreach (var connection in session.Connections)
        {
            var client = SocketSightings.ClientOf(connection.Recording.Opening);
            foreach (var sighting in Of(connection))
            {
                yield return sighting.By(client, connection.Recording.Opening.Started);
            }
        }

        foreach (var group in session.Connections.GroupBy(static connection => connection.ConversationId))
        {
            var started = group.First().Recording.Opening.Started;
            if (session.Log(group.Key).Events.Select(static one => (long?)one.Id).Max() is { } head)
            {
                yield return Sighting.Of("size:log", SafeText.Count(head + 1)).By("", started);
            }

            yield return Sighting.Of("rate:clients", SafeText.Count(AtOneTime([.. group]))).By("", started);
        }

        var calls = session.RestCalls.Select(static call => call.Entry.Started).Order().ToList();
        if (calls.Count > 0)
        {
            yield return Sighting.Of("rate:rest", SafeText.Count(MostInASecond(calls))).By("", calls[0]);
        }
    }

    private static IEnumerable<Sighting> Of(RecordedConnection connection)
    {
        var frames = connection.Recording.Frames;
        foreach (var (fromClient, feature) in new[] { (true, "size:client-message"), (false, "size:server-message") })
        {
            if (frames.Where(frame => frame.FromClient == fromClient).Select(static frame => (long?)frame.Text.Length).Max() is { } longest)
            {
                yield return Sighting.Of(feature, SafeText.Size(longest));
            }
        }

        var actions = Times(connection, static viewed => viewed.FromClient && ClientActions.IsAction(viewed.Frame));
        if (actions.Count > 0)
        {
            yield return Sighting.Of("rate:actions", SafeText.Count(MostInASecond(actions)));
        }

        var answered = connection.View.Answers.Select(static answer => (int?)answer.Frame).FirstOrDefault() ?? int.MaxValue;
        var live = frames.Index().Where(pair => pair.Index > answered
                && connection.View.Frames[pair.Index] is { FromClient: false, Frame.EventName: "oh_event" })
            .Select(static pair => pair.Item.Time)
            .ToList();
        if (live.Count > 0)
        {
            yield return Sighting.Of("rate:events", SafeText.Count(MostInASecond(live)));
        }
    }

    private static List<DateTimeOffset> Times(RecordedConnection connection, Func<ViewedFrame, bool> isWanted) =>
    [
        .. connection.Recording.Frames
            .Where((_, index) => isWanted(connection.View.Frames[index]))
            .Select(static (SocketFrame frame) => frame.Time),
    ];

    private static int MostInASecond(List<DateTimeOffset> times)
    {
        var (most, first) = (0, 0);
        for (var last = 0; last < times.Count; last++)
        {
            while (times[last] - times[first] >= s_second)
            {
                first++;
            }

            most = Math.Max(most, last - first + 1);
        }

        return most;
    }

    private static int AtOneTime(IReadOnlyList<RecordedConnection> connections) => connections.Max(one => connections.Count(other =>
        other.Recording.Opening.Started <= one.Recording.Opening.Started && other.Recording.Ended >= one.Recording.Opening.Started));
}
