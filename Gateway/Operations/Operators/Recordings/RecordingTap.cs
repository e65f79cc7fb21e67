using Gateway.EngineIO;
using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;

namespace Gateway.Operations.Operators.Recordings;

/// <summary>What was seen of a session. Immutable.</summary>
/// <param name="Tap">Whose it is.</param>
/// <param name="Closed">Why the session ended, where that is what was seen.</param>
internal readonly record struct SeenPacket(
    RecordingTap Tap, DateTimeOffset Time, bool FromClient, EnginePacket Packet, CloseReason? Closed = null);

/// <summary>
/// The packets of one session on their way into a recording. The session calls; nothing is done here but to hand them on, and what cannot
/// be handed on ends the recording.
/// </summary>
/// <param name="session">Whose packets they are.</param>
/// <param name="isWhole">The session is seen from its first packet on.</param>
/// <param name="post">Takes a packet; must not block.</param>
internal sealed class RecordingTap(
    EngineSession session, bool isWhole, TimeProvider timeProvider, Action<SeenPacket> post) : ISessionTap
{
    public EngineSession Session => session;

    public bool IsWhole => isWhole;

    /// <summary>
    /// When the connection is said to have begun: a little before its first packet, however the file rounds its times.
    /// </summary>
    public DateTimeOffset Began { get; } = timeProvider.GetUtcNow() - ConversationRecording.Step;

    /// <summary>The recording's alone.</summary>
    public IRecordedConnection? Connection { get; set; }

    /// <summary>The recording's alone: events up to the recording's beginning may still come.</summary>
    public bool MayRepeat { get; set; } = !isWhole;

    // Of each direction: the last text announced attachments of the main namespace.
    private bool _fromServerFollows;
    private bool _fromClientFollows;

    /// <summary>
    /// Whether a packet is the recorded conversation's: others of the same connection have namespaces of their own, and a connection that
    /// speaks MessagePack is not recorded. The recording alone asks, once for each packet in order.
    /// </summary>
    public bool IsOfMainNamespace(bool fromClient, in EnginePacket packet)
    {
        ref var follows = ref fromClient ? ref _fromClientFollows : ref _fromServerFollows;
        if (packet.Type != EnginePacketType.Message)
        {
            return true;
        }

        if (packet.IsBinary)
        {
            return follows;
        }

        // <type>[<attachments>-][/namespace,]…
        var text = packet.Data.Span;
        var rest = text.IsEmpty ? text : text[1..];
        var hasAttachments = !text.IsEmpty && text[0] is (byte)'5' or (byte)'6';
        if (hasAttachments)
        {
            rest = rest[(rest.IndexOf((byte)'-') + 1)..];
        }

        var isOwn = rest.IsEmpty || rest[0] != '/';
        follows = hasAttachments && isOwn;
        return isOwn;
    }

    public void Received(in EnginePacket packet) => Post(fromClient: true, packet with { Data = packet.Data.ToArray() });

    public void Sent(ReadOnlySpan<EnginePacket> packets, bool ping)
    {
        if (ping)
        {
            Post(fromClient: false, EnginePacket.Bare(EnginePacketType.Ping));
        }

        foreach (ref readonly var packet in packets)
        {
            Post(fromClient: false, packet);
        }
    }

    public void Closed(CloseReason reason) => post(new SeenPacket(this, timeProvider.GetUtcNow(), false, default, reason));

    private void Post(bool fromClient, EnginePacket packet) => post(new SeenPacket(this, timeProvider.GetUtcNow(), fromClient, packet));
}
