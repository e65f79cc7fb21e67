using System.Globalization;

using Gateway.Tools.Har;

namespace Gateway.Tools.Verify.Wire;

/// <summary>A recorded session, read for playing and for comparing. Immutable.</summary>
internal sealed class RecordedConnection
{
    private static readonly TimeSpan s_oneRestart = TimeSpan.FromSeconds(5);

    /// <param name="restarts">When the recorded server went down.</param>
    public RecordedConnection(int number, SocketRecording recording, IReadOnlyList<DateTimeOffset> restarts)
    {
        Number = number;
        Recording = recording;
        ConversationId = recording.Parameter("conversation_id") ?? "";
        var close = recording.WebSocket?.Close;
        End = close is { ByClient: false } ? new ConnectionEnd(true, close.Code, close.Reason) : ConnectionEnd.ByClient;
        EndsByRestart = ServerRestarts.IsEnd(close) && restarts.Any(time => (recording.Ended - time).Duration() < s_oneRestart);
        var latest = int.TryParse(recording.Parameter("latest_event_id"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out var id) ? id : -1;
        View = new ConnectionView(
            [.. recording.Frames.Select(static frame => new ViewedFrame(frame.FromClient, WireFrame.Read(frame.Text, frame.IsBinary)))],
                End, latest);
    }

    /// <summary>Counted from 1, in the order of opening: how a report names it.</summary>
    public int Number { get; }

    public SocketRecording Recording { get; }

    public string ConversationId { get; }

    public ConnectionView View { get; }

    public ConnectionEnd End { get; }

    /// <summary>A recorded client that never answered a ping is played as one that does not.</summary>
    public bool AnswersPings =>
        !View.Frames.Any(static frame => frame is { FromClient: false, Frame.Kind: WireKind.Ping })
            || View.Frames.Any(static frame => frame is { FromClient: true, Frame.Kind: WireKind.Pong });

    /// <summary>Polling bodies that hold no packet, or whose text was not recorded.</summary>
    public IEnumerable<HarEntry> BodylessPosts =>
        Recording.Entries.Where(entry =>
            entry is { Method: "POST", Messages: null } && !Recording.Frames.Any(frame => ReferenceEquals(frame.Entry, entry)));

    /// <summary>The recorded server went down, and came back.</summary>
    public bool EndsByRestart { get; }
}
