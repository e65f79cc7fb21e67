using Newtonsoft.Json.Linq;

using SocketIOClient.Transport;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// The clients that must work, by name: which library, which transports, where they put the key. Immutable.
/// </summary>
/// <param name="StartAsync">Starts the client's program.</param>
/// <param name="Transport">The transport that it says it is on once connected; null where its library does not say.</param>
/// <param name="KeepsOrder">False for a library that hands each event to a thread of its own, so that its user may see them in any
/// order.</param>
internal sealed record ClientKind(string Name, Func<Chromium, Task<IWireClient>> StartAsync, string? Transport = null,
    bool KeepsOrder = true)
{
    private const string ViewOfV0 = "providers_set";

    public static IReadOnlyList<ClientKind> All { get; } =
    [
        Node("node, websocket only", "websocket", WebSocketOnly),
        Node("node, library defaults", null, static _ => []),
        Node("node, polling only", "polling", static _ => new JObject { ["transports"] = new JArray("polling") }),
        Node("node, V0's web UI", "websocket", WebUi),
        Node("node, the key in a header", "websocket", KeyInHeader),
        Node("node, the key in the auth payload", "websocket", KeyInAuth),
        Node("node, under a prefix", null, static _ => new JObject { ["path"] = "/runtime/41234/socket.io" }),
        Page("page, websocket only", "websocket", WebSocketOnly),
        Page("page, library defaults", null, static _ => []),
        new("C#, library defaults", static _ => Started(new CSharpClient(TransportProtocol.Polling))),
        new("C#, websocket only", static _ => Started(new CSharpClient(TransportProtocol.WebSocket))),
        Python("async", "python async, library defaults", []),
        Python("async", "python async, websocket only", new JObject { ["transports"] = new JArray("websocket") }),
        Python("sync", "python, library defaults", []),
        Python("sync", "python, websocket only", new JObject { ["transports"] = new JArray("websocket") }),
        new("the command line's bytes", static _ => Started(new HandWrittenClient(["42[\"join\",{}]", "42[\"subscribe\",{}]"]))),
        new("the Vue client's bytes", static _ => Started(new HandWrittenClient([]))),
    ];

    /// <summary>No client of V0's, whose packets are text: what is recorded and compared is without it.</summary>
    public static ClientKind MessagePack { get; } =
        Node("node, MessagePack", null, static _ => new JObject { ["msgpack"] = true });

    public static ClientKind Named(string name) => All.Append(MessagePack).Single(kind => kind.Name == name);

    private static Task<IWireClient> Started(IWireClient client) => Task.FromResult(client);

    private static ClientKind Node(string name, string? transport, Func<Visit, JObject> options) => new(
        name, _ => Started(DriverClient.Node(visit => DriverCommands.JavaScriptConnect(visit, options(visit)))), transport);

    private static ClientKind Page(string name, string? transport, Func<Visit, JObject> options) => new(
        name, async chromium => await chromium.OpenAsync(visit => DriverCommands.JavaScriptConnect(visit, options(visit))), transport);

    // The threads of its synchronous client race: each event is handled on one of its own.
    private static ClientKind Python(string kind, string name, JObject options) => new(
        name,
        _ => Started(DriverClient.Python(kind, visit => DriverCommands.PythonConnect(visit, options))),
        KeepsOrder: kind == "async");

    private static JObject WebSocketOnly(Visit visit) => new() { ["transports"] = new JArray("websocket") };

    // An absent value is null or undefined there, and the library writes both as text.
    private static JObject WebUi(Visit visit) => new()
    {
        ["transports"] = new JArray("websocket"),
        ["query"] = new JObject
        {
            ["latest_event_id"] = visit.LatestEventId < 0 ? "undefined" : visit.LatestEventId,
            ["conversation_id"] = visit.ConversationId ?? "",
            [ViewOfV0] = new JArray(),
            ["session_api_key"] = visit.Key is null ? "null" : visit.Key,
        },
    };

    private static JObject KeyInHeader(Visit visit) => KeyElsewhere("extraHeaders", "X-Session-API-Key", visit.Key);

    private static JObject KeyInAuth(Visit visit) => KeyElsewhere("auth", "session_api_key", visit.Key);

    // A query parameter that is merged away: an empty value counts as none.
    private static JObject KeyElsewhere(string option, string name, string? key) => new()
    {
        ["transports"] = new JArray("websocket"),
        ["query"] = new JObject { ["session_api_key"] = "" },
        [option] = key is null ? new JObject() : new JObject { [name] = key },
    };
}
