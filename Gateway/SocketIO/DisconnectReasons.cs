using Gateway.EngineIO;

namespace Gateway.SocketIO;

/// <summary>The one place that says what a connection's end means to its sockets, and how that is called outside. Pure.</summary>
internal static class DisconnectReasons
{
    public static DisconnectReason From(CloseReason reason) => reason switch
    {
        CloseReason.ClientClosed or CloseReason.TransportLost => DisconnectReason.ConnectionClosed,
        CloseReason.PingTimeout => DisconnectReason.PingTimeout,
        CloseReason.ProtocolError or CloseReason.ParseError or CloseReason.PayloadTooLarge or CloseReason.TooManyPackets
            or CloseReason.DuplicateRequest or CloseReason.AttachmentTimeout => DisconnectReason.ProtocolError,
        CloseReason.SlowConsumer => DisconnectReason.SlowConsumer,
        CloseReason.AccessEnded => DisconnectReason.AccessEnded,
        CloseReason.ServerShutdown => DisconnectReason.ServerShutdown,
        CloseReason.ServerClosed or CloseReason.Refused or CloseReason.ConnectTimeout or CloseReason.InboundBudgetSpent
            or CloseReason.InternalError => DisconnectReason.ServerDisconnect,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A close reason without a disconnect reason."),
    };

    public static string MetricTag(DisconnectReason reason) => reason switch
    {
        DisconnectReason.ClientDisconnect => "client_disconnect",
        DisconnectReason.ServerDisconnect => "server_disconnect",
        DisconnectReason.ConnectionClosed => "connection_closed",
        DisconnectReason.PingTimeout => "ping_timeout",
        DisconnectReason.ProtocolError => "protocol_error",
        DisconnectReason.SlowConsumer => "slow_consumer",
        DisconnectReason.AccessEnded => "access_ended",
        DisconnectReason.ServerShutdown => "server_shutdown",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A disconnect reason without a metric tag."),
    };

    /// <summary>The text that clients of the JavaScript server know.</summary>
    public static string TextOf(DisconnectReason reason) => reason switch
    {
        DisconnectReason.ClientDisconnect => "client namespace disconnect",
        DisconnectReason.ServerDisconnect => "server namespace disconnect",
        DisconnectReason.ConnectionClosed => "transport close",
        DisconnectReason.PingTimeout => "ping timeout",
        DisconnectReason.ProtocolError => "parse error",
        DisconnectReason.SlowConsumer => "slow consumer",
        DisconnectReason.AccessEnded => "access ended",
        DisconnectReason.ServerShutdown => "server shutting down",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A disconnect reason without a text."),
    };
}
