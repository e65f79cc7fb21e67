using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Play;

/// <summary>
/// What a target owes a connection before the recorded client's next step: what the recorded server had sent by then, less what only
/// V0 sends. Whether it is the right thing is for the comparison; here it is only waited for. Immutable.
/// </summary>
internal sealed record Expectation
{
    public required bool Opened { get; init; }

    public required int Answers { get; init; }

    /// <summary>The highest recorded id; -1 for none.</summary>
    public required int HighestId { get; init; }

    public required int TransientMessages { get; init; }

    public required int Acks { get; init; }

    public required bool Disconnected { get; init; }

    public required bool Probed { get; init; }

    /// <summary>What the recorded server had sent before <paramref name="time"/>.</summary>
    public static Expectation Before(RecordedConnection connection, DateTimeOffset time, int headAtConnect, bool replayOnly)
    {
        var recording = connection.Recording;
        var view = connection.View;
        var left = view.LeftAt < 0 ? int.MaxValue : view.LeftAt;

        // A client that has said that it leaves waits for nothing more.
        bool IsDue(int frame) => frame < left && recording.Frames[frame].Time < time;
        var events = view.Events.Where(seen => IsDue(seen.Frame) && (seen.InReplay || !replayOnly) && !IsQueue(seen, view, headAtConnect));

        // A client that waited in vain for its answer waited for something: give the target the time to do better.
        var unanswered = view is { IsAnswered: false, AskedToConnect: true } && recording.Ended <= time ? 1 : 0;
        return new Expectation
        {
            Opened = view.Open is not null
                && Enumerable.Range(0, view.Frames.Count).Any(frame => view.Frames[frame].Frame.Kind == WireKind.Open && IsDue(frame)),
            Answers = view.Answers.Count(answer => IsDue(answer.Frame)) + unanswered,
            HighestId = events.Select(static seen => seen.Id).DefaultIfEmpty(-1).Max(),
            TransientMessages = replayOnly
                ? 0
                : view.TransientMessages.Count(transientMessage => IsDue(transientMessage.Frame) && !IsError(transientMessage)),
            Acks = replayOnly ? 0 : view.Acks.Count(ack => IsDue(ack.Frame)),
            Disconnected = !replayOnly && view.Disconnect is { } disconnect && IsDue(disconnect.Frame),
            Probed = Enumerable
                .Range(0, view.Frames.Count)
                .Any(frame => view.Frames[frame] is { FromClient: false, Frame.Text: "3probe" } && IsDue(frame)),
        };
    }

    /// <summary>Only what an upgrade needs.</summary>
    public Expectation ForUpgrade() => this with { Answers = 0, HighestId = -1, TransientMessages = 0, Acks = 0, Disconnected = false };

    /// <summary>What is left when <paramref name="shortfall"/> is owed no longer.</summary>
    public Expectation Without(Shortfall shortfall) => this with
    {
        Answers = Math.Max(0, Answers - shortfall.Answers),
        TransientMessages = Math.Max(0, TransientMessages - shortfall.TransientMessages),
        Acks = Math.Max(0, Acks - shortfall.Acks),
    };

    /// <summary>What <paramref name="actual"/> lacks by number; events have ids and are not counted.</summary>
    public Shortfall ShortfallOf(ConnectionView actual) => new(
        Math.Max(0, Answers - actual.Answers.Count),
        Math.Max(0, TransientMessages - CountTransientMessages(actual)),
        Math.Max(0, Acks - actual.Acks.Count));

    public bool IsMetBy(ConnectionView actual, EventIdMap ids)
    {
        foreach (var seen in actual.Events)
        {
            ids.Learn(seen.Event);
        }

        return (!Opened || actual.Open is not null)
            && ShortfallOf(actual) == default
            && (HighestId < 0 || actual.Events.Exists(seen => !ids.IsKept(seen.Id) && ids.ToRecorded(seen.Id) >= HighestId))
            && (!Disconnected || actual.Disconnect is not null)
            && (!Probed || actual.Frames.Any(static frame => frame is { FromClient: false, Frame.Text: "3probe" }));
    }

    // The queue for the first client, of which the client said that it has it.
    private static bool IsQueue(SeenEvent seen, ConnectionView view, int headAtConnect) =>
        !seen.InReplay && seen.Id <= view.LatestEventId && seen.Id <= headAtConnect;

    private static int CountTransientMessages(ConnectionView view) =>
        view.TransientMessages.Count(static transientMessage => !IsError(transientMessage));

    private static bool IsError(SeenFrame transientMessage) => transientMessage.Packet.Argument.Member("error") is not null;
}
