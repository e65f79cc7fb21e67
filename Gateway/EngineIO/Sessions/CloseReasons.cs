using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.Sessions;

/// <summary>
/// Everything that is seen of a <see cref="CloseReason"/> from outside: the WebSocket close code and text, the last packet of a parked
/// poll, the metric tag. Texts are fixed, so that no secret can get into one. Stateless; any thread.
/// </summary>
internal static class CloseReasons
{
    private const ushort Normal = 1000;
    private const ushort ProtocolError = 1002;
    private const ushort PolicyViolation = 1008;
    private const ushort TooBig = 1009;
    private const ushort InternalError = 1011;
    private const ushort ServiceRestart = 1012;
    private const ushort TryAgainLater = 1013;

    public static ushort WebSocketCode(CloseReason reason) => reason switch
    {
        CloseReason.ProtocolError or CloseReason.ParseError => ProtocolError,
        CloseReason.PayloadTooLarge => TooBig,
        CloseReason.TooManyPackets or CloseReason.DuplicateRequest or CloseReason.SlowConsumer
            or CloseReason.AttachmentTimeout or CloseReason.AccessEnded => PolicyViolation,
        CloseReason.ServerShutdown => ServiceRestart,
        CloseReason.InboundBudgetSpent => TryAgainLater,
        CloseReason.InternalError => InternalError,
        // V0 closes with 1000 here as well: clients see a plain close and reconnect.
        CloseReason.PingTimeout or CloseReason.ConnectTimeout or CloseReason.Refused or CloseReason.ServerClosed
            or CloseReason.ClientClosed or CloseReason.TransportLost => Normal,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    public static ReadOnlySpan<byte> WebSocketText(CloseReason reason) => reason switch
    {
        CloseReason.ClientClosed => ""u8,
        CloseReason.TransportLost => "transport lost"u8,
        CloseReason.PingTimeout => "ping timeout"u8,
        CloseReason.ProtocolError => "protocol error"u8,
        CloseReason.PayloadTooLarge => "message too large"u8,
        CloseReason.InboundBudgetSpent => "too many unfinished messages, try again later"u8,
        CloseReason.TooManyPackets => "too many packets or fragments"u8,
        CloseReason.DuplicateRequest => "duplicate request"u8,
        CloseReason.SlowConsumer => "slow consumer"u8,
        CloseReason.ParseError => "malformed packet"u8,
        CloseReason.AttachmentTimeout => "attachments did not come in time"u8,
        CloseReason.ConnectTimeout => "connect timeout"u8,
        CloseReason.Refused => "refused"u8,
        CloseReason.ServerClosed => "closed by server"u8,
        CloseReason.AccessEnded => "access has ended, connect again"u8,
        CloseReason.ServerShutdown => "server shutdown"u8,
        CloseReason.InternalError => "internal error"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    /// <summary>Whether it is how connections come and go all day; any other reason is worth a line in the log.</summary>
    public static bool IsOrdinary(CloseReason reason) => reason
        is CloseReason.ClientClosed
            or CloseReason.TransportLost
            or CloseReason.Refused
            or CloseReason.ServerClosed
            or CloseReason.AccessEnded
            or CloseReason.ServerShutdown;

    /// <summary>A client that closed gets its poll back with nothing in it; every other one is told that the session is over.</summary>
    public static EnginePacketType LastPolledPacket(CloseReason reason) =>
        reason == CloseReason.ClientClosed ? EnginePacketType.Noop : EnginePacketType.Close;

    public static string MetricTag(CloseReason reason) => reason switch
    {
        CloseReason.ClientClosed => "client_closed",
        CloseReason.TransportLost => "transport_lost",
        CloseReason.PingTimeout => "ping_timeout",
        CloseReason.ProtocolError => "protocol_error",
        CloseReason.PayloadTooLarge => "payload_too_large",
        CloseReason.InboundBudgetSpent => "inbound_budget_spent",
        CloseReason.TooManyPackets => "too_many_packets",
        CloseReason.DuplicateRequest => "duplicate_request",
        CloseReason.SlowConsumer => "slow_consumer",
        CloseReason.ParseError => "parse_error",
        CloseReason.AttachmentTimeout => "attachment_timeout",
        CloseReason.ConnectTimeout => "connect_timeout",
        CloseReason.Refused => "refused",
        CloseReason.ServerClosed => "server_closed",
        CloseReason.AccessEnded => "access_ended",
        CloseReason.ServerShutdown => "server_shutdown",
        CloseReason.InternalError => "internal_error",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
