using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify.Play;

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

    /// <summary>A REST call is begun.</summary>
    Rest,

    /// <summary>A file or the workspace was changed by hand.</summary>
    Change,
}

/// <summary>One thing that the recorded client side did. Immutable.</summary>
internal sealed record PlayStep(StepKind Kind, DateTimeOffset Time, RecordedConnection? Connection)
{
    public SocketFrame Frame { get; init; }

    /// <summary>Of the frame, or of the first frame that the body held; -1 when there is none.</summary>
    public int FrameIndex { get; init; } = -1;

    public HarEntry? Entry { get; init; }

    public RestCall? Call { get; init; }

    public FixtureChange? Change { get; init; }
}

/// <summary>The recorded client side in the order of time. Pure.</summary>
internal static class PlayScript
{
    public static List<PlayStep> Build(RecordedSession session, PlayOptions options)
    {
        var steps = session.Connections.SelectMany(connection => Steps(connection, options.ReplayOnly));
        if (!options.ReplayOnly)
        {
            steps = steps.Concat(session.UnmatchedRequests
                .Select(static entry => new PlayStep(StepKind.Request, entry.Started, null) { Entry = entry }));
        }

        if (options.WithRest)
        {
            steps = steps
                .Concat(session.Fixture.Info.Changes
                    .Select(static change => new PlayStep(StepKind.Change, change.Time, null) { Change = change }))
                .Concat(session.RestCalls.Select(static call => new PlayStep(StepKind.Rest, call.Entry.Started, null) { Call = call }));
        }

        return [.. steps.OrderBy(static step => step.Time)];
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

    private static bool IsAction(WireFrame frame) =>
        frame.Kind is WireKind.Event or WireKind.BinaryEvent or WireKind.Bytes or WireKind.Malformed;
}
