using Gateway.Fixtures.Wire;
using Gateway.Primitives.Har;

namespace Gateway.Fixtures.Play;

internal enum StepKind
{
    Open,
    Upgrade,
    Send,
    Post,

    /// <summary>The client goes.</summary>
    Leave,

    /// <summary>The server closed: wait for it.</summary>
    AwaitClose,

    /// <summary>A request to the endpoint that belongs to no session.</summary>
    Request,
}

/// <summary>One thing that the recorded client side did. Immutable.</summary>
internal sealed record PlayStep(StepKind Kind, DateTimeOffset Time, RecordedConnection? Connection)
{
    public SocketFrame Frame { get; init; }

    /// <summary>Of the frame, or of the first frame that the body held; -1 when there is none.</summary>
    public int FrameIndex { get; init; } = -1;

    public HarEntry? Entry { get; init; }
}

/// <summary>The recorded client side in the order of time. Pure.</summary>
internal static class PlayScript
{
    public static List<PlayStep> Build(RecordedSession session, bool replayOnly)
    {
        var steps = session.Connections.SelectMany(connection => Steps(connection, replayOnly));
        var requests = replayOnly ? [] : session.OddRequests.Select(static entry => new PlayStep(StepKind.Request, entry.Started, null) { Entry = entry });
        return [.. steps.Concat(requests).OrderBy(static step => step.Time)];
    }

    private static IEnumerable<PlayStep> Steps(RecordedConnection connection, bool replayOnly)
    {
        var recording = connection.Recording;
        yield return new PlayStep(StepKind.Open, recording.Opening.Started, connection) { Entry = recording.Opening };
        if (recording is { StartsWithPolling: true, WebSocket: { Messages.Count: > 0 } socket })
        {
            yield return new PlayStep(StepKind.Upgrade, socket.Started, connection) { Entry = socket };
        }

        HarEntry? posted = null;
        for (var i = 0; i < recording.Frames.Count; i++)
        {
            var frame = recording.Frames[i];
            if (!frame.FromClient || IsPong(frame) || (replayOnly && IsAction(connection.View.Frames[i].Frame)))
            {
                continue;
            }

            if (frame.Entry.Messages is not null)
            {
                yield return new PlayStep(StepKind.Send, frame.Time, connection) { Frame = frame, FrameIndex = i };
            }
            else if (!ReferenceEquals(frame.Entry, posted))
            {
                // A body goes as it was recorded, whatever packets it holds.
                posted = frame.Entry;
                yield return new PlayStep(StepKind.Post, frame.Time, connection) { Entry = posted, FrameIndex = i };
            }
        }

        foreach (var post in connection.BodylessPosts)
        {
            yield return new PlayStep(StepKind.Post, post.Started, connection)
            {
                Entry = post,
                FrameIndex = recording.Frames.Count(frame => frame.Time <= post.Started),
            };
        }

        var end = connection.End.ByServer ? StepKind.AwaitClose : StepKind.Leave;
        yield return new PlayStep(end, recording.Ended, connection) { FrameIndex = recording.Frames.Count };
    }

    private static bool IsPong(SocketFrame frame) => frame is { IsBinary: false, Text: "3" };

    private static bool IsAction(WireFrame frame) => frame.Kind is WireKind.Event or WireKind.BinaryEvent or WireKind.Bytes or WireKind.Malformed;
}
