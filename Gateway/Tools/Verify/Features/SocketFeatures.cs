namespace Gateway.Tools.Verify.Features;

/// <summary>The rows about clients, their connects and their packets. Pure.</summary>
internal static class SocketFeatures
{
    private const string CloseHandled = "closed, as with V0";

    public static IReadOnlyList<Feature> All { get; } =
    [
        new("client", FeatureGroup.Client, "A client's library and its version", "the User-Agent of a handshake or of a REST call"),
        new("asks-as", FeatureGroup.Client, "Which of V0's clients asks like this", "a gateway's own counts"),
        new("eio:4", FeatureGroup.Client, "Engine.IO 4", "EIO=4 in the query"),
        new("eio:*", FeatureGroup.Client, "Another version of Engine.IO", "EIO in the query; refused, as with V0"),
        new("transport:websocket", FeatureGroup.Client, "A WebSocket from the start", "a handshake with transport=websocket"),
        new("transport:polling", FeatureGroup.Client, "Polling without an upgrade", "a handshake by polling, and no WebSocket after it"),
        new("transport:upgrade", FeatureGroup.Client, "Polling that goes over to a WebSocket", "a WebSocket with a polling session's sid"),
        new("transport:*", FeatureGroup.Client, "A transport that V0 does not have", "transport in the query; refused, as with V0"),

        new("query:conversation_id", FeatureGroup.Connect, "The conversation that is asked for", "the query of a handshake"),
        new("query:latest_event_id", FeatureGroup.Connect, "What the client has already", "the query of a handshake"),
        new("query:providers_set", FeatureGroup.Connect, "The git providers of the user", "the query of a handshake"),
        new("query:session_api_key", FeatureGroup.Connect, "The key, in the query", "the query of a handshake"),
        new("query:*", FeatureGroup.Connect, "A parameter that V0 does not know", "the query of a handshake; passed over, as with V0"),
        new("key-in-header", FeatureGroup.Connect, "The key, as X-Session-API-Key", "a header of a handshake or of a REST call"),
        new("auth-payload", FeatureGroup.Connect, "CONNECT with an auth payload", "40{…} from a client"),
        new("cookie", FeatureGroup.Connect, "Cookies", "a header of a handshake"),
        new("origin", FeatureGroup.Connect, "A page of another origin", "the header Origin of a handshake")
        {
            Alone = new(FeatureAnswer.Same, "every page, as with V0, until Engine:AllowedOrigins names some"),
            BeforeV1 = new(FeatureAnswer.Same, "every page, as with V0, until Engine:AllowedOrigins names some"),
        },
        new("socket-prefix", FeatureGroup.Connect, "Socket.IO below a prefix", "a handshake at another path than /socket.io"),
        new("refused", FeatureGroup.Connect, "A connect that is refused, by the server's words", "44{…} or a gateway's own counts"),
        new("reconnect", FeatureGroup.Connect, "A client that comes back to its conversation",
            "a later handshake of the same conversation, with latest_event_id"),

        new("event-in:oh_user_action", FeatureGroup.Packet, "An action of a client", "42[\"oh_user_action\",…]"),
        new("event-in:oh_action", FeatureGroup.Packet, "The old name of an action", "42[\"oh_action\",…]"),
        new("event-in:*", FeatureGroup.Packet, "An event that nobody listens to", "42[…] from a client; ignored, as with V0"),
        new("event-out:oh_event", FeatureGroup.Packet, "What a conversation tells its clients", "42[\"oh_event\",…]"),
        new("event-out:*", FeatureGroup.Packet, "Another event of the server's", "42[…] from the server")
        {
            Alone = FeatureReply.NotServed("V0 0.62 sends oh_event alone; what sends another one is no V0, or an extension of it"),
            BeforeV1 = FeatureReply.NotServed("V0 0.62 sends oh_event alone; what sends another one is no V0, or an extension of it"),
        },
        new("ack", FeatureGroup.Packet, "A client asks for an acknowledgement", "42N[…] from a client"),
        new("binary", FeatureGroup.Packet, "Binary packets", "45…-[…] or bytes"),
        new("before-answer", FeatureGroup.Packet, "A client sends before its CONNECT is answered", "an event before 40{…} of the server"),
        new("before-connect", FeatureGroup.Packet, "A client sends before it asks to CONNECT", "an event before 40 of the client"),
        new("leaves:close", FeatureGroup.Packet, "A client says that it leaves, to Engine.IO", "the packet 1"),
        new("leaves:disconnect", FeatureGroup.Packet, "A client says that it leaves, to Socket.IO", "the packet 41"),
        new("silent", FeatureGroup.Packet, "A client that answers no ping", $"2 of the server's without a 3; {CloseHandled}"),
        new("closed", FeatureGroup.Packet, "A connection that ended, by the code of its close or the reason", "a close frame or a gateway's own counts"),
    ];
}
