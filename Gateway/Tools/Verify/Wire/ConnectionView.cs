using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Wire;

/// <summary>A packet as it stands in a session, on either side.</summary>
internal readonly record struct ViewedFrame(bool FromClient, WireFrame Frame);

/// <summary>A numbered event where it stood.</summary>
/// <param name="Frame">Its place among the session's frames.</param>
/// <param name="InReplay">It came before the CONNECT answer.</param>
internal sealed record SeenEvent(int Frame, bool InReplay, V0Event Event)
{
    public int Id => Event.Id;
}

/// <summary>A server packet that is no numbered event, where it stood.</summary>
internal sealed record SeenFrame(int Frame, WireFrame Packet);

/// <summary>
/// One session's server side, sorted by what a comparison asks for. Made alike of a recorded session and of what a target did, so
/// that neither is read more kindly than the other. Immutable once made.
/// </summary>
internal sealed class ConnectionView
{
    private readonly Dictionary<int, SeenEvent> _byId = [];

    public ConnectionView(IReadOnlyList<ViewedFrame> frames, ConnectionEnd end, int latestEventId)
    {
        Frames = frames;
        End = end;
        LatestEventId = latestEventId;
        for (var i = 0; i < frames.Count; i++)
        {
            if (frames[i].FromClient)
            {
                LeftAt = PlaceOfLeaving(i, frames[i].Frame);
            }
            else
            {
                Add(i, frames[i].Frame);
            }
        }
    }

    public IReadOnlyList<ViewedFrame> Frames { get; }

    public ConnectionEnd End { get; }

    /// <summary>What the client said it has; -1 when it said nothing that is a number.</summary>
    public int LatestEventId { get; }

    public JObject? Open { get; private set; }

    /// <summary>CONNECT and CONNECT_ERROR packets, in their order.</summary>
    public List<SeenFrame> Answers { get; } = [];

    /// <summary>The first time each id was given, in that order.</summary>
    public List<SeenEvent> Events { get; } = [];

    /// <summary>Ids given again.</summary>
    public List<SeenEvent> Repeats { get; } = [];

    /// <summary>What has no id: status updates, errors, and any other packet of the server's.</summary>
    public List<SeenFrame> TransientMessages { get; } = [];

    public List<SeenFrame> Acks { get; } = [];

    /// <summary>The server's <c>41</c>.</summary>
    public SeenFrame? Disconnect { get; private set; }

    /// <summary>The main namespace was answered, well or with a refusal.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>The client asked to CONNECT to the main namespace.</summary>
    public bool AskedToConnect =>
        Frames.Any(static frame => frame is { FromClient: true, Frame: { Kind: WireKind.Connect, Namespace: "/" } });

    /// <summary>The place of the frame with which the client said that it leaves, and did not come back; -1 when there is none.</summary>
    public int LeftAt { get; private set; } = -1;

    /// <summary>The highest id that the replay gave; what the client had before, when it gave none.</summary>
    public int ReplayedThrough { get; private set; } = -1;

    /// <summary>The lowest id given live; past every id when there is none.</summary>
    public int FirstLiveId { get; private set; } = int.MaxValue;

    public SeenEvent? Find(int id) => _byId.GetValueOrDefault(id);

    /// <summary>The id falls into what this connection's replay covered, whether it was shown or left out.</summary>
    public bool ReplayCovers(int id) =>
        id > LatestEventId && (id < ReplayedThrough || (id > ReplayedThrough && id < FirstLiveId && FirstLiveId != int.MaxValue));

    private int PlaceOfLeaving(int index, WireFrame sent) => sent switch
    {
        { Kind: WireKind.Connect, Namespace: "/" } => -1,
        { Kind: WireKind.EngineClose } or { Kind: WireKind.Disconnect, Namespace: "/" } when LeftAt < 0 => index,
        _ => LeftAt,
    };

    private void Add(int index, WireFrame frame)
    {
        switch (frame.Kind)
        {
            case WireKind.Open:
                Open ??= frame.Payload as JObject;
                break;
            case WireKind.Connect or WireKind.ConnectError:
                Answers.Add(new SeenFrame(index, frame));
                IsAnswered |= frame.Namespace == "/";
                break;
            case WireKind.Event when frame.EventName == "oh_event" && V0Event.From(frame.Argument) is { } numbered:
                Add(new SeenEvent(index, !IsAnswered, numbered));
                break;
            case WireKind.Ack or WireKind.BinaryAck:
                Acks.Add(new SeenFrame(index, frame));
                break;
            case WireKind.Disconnect:
                Disconnect ??= new SeenFrame(index, frame);
                break;
            default:
                AddTransientMessage(index, frame);
                break;
        }
    }

    private void AddTransientMessage(int index, WireFrame frame)
    {
        if (frame.IsMessage)
        {
            TransientMessages.Add(new SeenFrame(index, frame));
        }
    }

    private void Add(SeenEvent seen)
    {
        if (!_byId.TryAdd(seen.Id, seen))
        {
            Repeats.Add(seen);
            return;
        }

        Events.Add(seen);
        if (seen.InReplay)
        {
            ReplayedThrough = Math.Max(ReplayedThrough, seen.Id);
        }
        else
        {
            FirstLiveId = Math.Min(FirstLiveId, seen.Id);
        }
    }
}

/// <summary>How a session ended.</summary>
/// <param name="ByServer">The server closed; else the client did, or it was open to the end.</param>
/// <param name="Code">The WebSocket close code; 0 when there is none.</param>
internal readonly record struct ConnectionEnd(bool ByServer, int Code, string Reason)
{
    public static ConnectionEnd ByClient => default;
}
