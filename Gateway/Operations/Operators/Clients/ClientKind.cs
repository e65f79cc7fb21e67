using Gateway.SocketIO;

namespace Gateway.Operations.Operators.Clients;

/// <summary>
/// What can be known of a client's program. Socket.IO clients send no name, so it is told by what they call themselves to HTTP, and by how
/// they ask to connect. Immutable; every text is bounded and clean, whatever the client sent.
/// </summary>
/// <param name="Library">As <c>browser (Firefox)</c>, <c>python-socketio (aiohttp)</c>; <c>not named</c> where nothing is said.</param>
/// <param name="Version">Of what <paramref name="Library"/> names; empty when unknown.</param>
/// <param name="Protocol">Of Engine.IO, as the query's <c>EIO</c> says.</param>
/// <param name="Transport">The one of the handshake; a client may have gone over to another later.</param>
/// <param name="Dialect">Which of V0's clients asks like this.</param>
/// <param name="Query">The parameters of V0's connect that it names, in the order of V0's own web UI.</param>
internal sealed record ClientKind(string Library, string Version, string Protocol, string Transport, string Dialect, string Query)
{
    private static readonly string[] s_parameters = ["latest_event_id", "conversation_id", "providers_set", "session_api_key"];

    /// <summary>For all that are too many to be told apart.</summary>
    public static ClientKind Other { get; } = new("other", "", "", "", "", "");

    public static IReadOnlyList<string> HeaderNames { get; } = [UserAgent.Header, "origin"];

    public static ClientKind Of(SocketConnection socket)
    {
        var handshake = socket.Handshake;
        var query = handshake.Query;
        var agent = handshake.Headers.GetValueOrDefault(UserAgent.Header);
        var (library, version) = UserAgent.Read(agent);
        var isPage = handshake.Headers.ContainsKey("origin") || agent?.StartsWith("Mozilla/", StringComparison.Ordinal) is true;
        var transport = query["transport"].ToString();
        return new ClientKind(
            library,
            version,
            UserAgent.Clean(query["EIO"].ToString()),
            transport.Length == 0 ? "polling" : UserAgent.Clean(transport),
            DialectOf(isPage, query.ContainsKey("providers_set"), transport == "websocket"),
            string.Join(' ', s_parameters.Where(query.ContainsKey)));
    }

    // V0's web UI names its providers from 0.32 on, and never polled at first.
    private static string DialectOf(bool isPage, bool namesProviders, bool isWebSocket) =>
        isPage && namesProviders ? "V0 web UI, 0.32 or newer"
        : isPage && isWebSocket ? "V0 web UI, older"
        : isPage ? "another page"
        : namesProviders ? "program, as the web UI"
        : "program";

    public override string ToString() => $"{Library} {Version}".TrimEnd();
}
