using Gateway.SocketIO;

using Microsoft.AspNetCore.Http;

namespace Gateway.Operations.Operators.Clients;

/// <summary>
/// What can be known of a client's program. Socket.IO clients send no name, so it is told by what they call themselves to HTTP, and by how
/// they ask to connect. Immutable; every text is bounded and clean, whatever the client sent.
/// </summary>
/// <param name="Library">As <c>browser (Firefox)</c>, <c>python-socketio with aiohttp</c>; <c>not named</c> where nothing is said.</param>
/// <param name="Version">Of what <paramref name="Library"/> names last; empty when unknown.</param>
/// <param name="Protocol">Of Engine.IO, as the query's <c>EIO</c> says.</param>
/// <param name="Transport">The one of the handshake; a client may have gone over to another later.</param>
/// <param name="Dialect">Which of V0's clients asks like this; others may do so too.</param>
/// <param name="Query">The parameters of V0's connect that it names, in the order of V0's own web UI.</param>
internal sealed record ClientKind(string Library, string Version, string Protocol, string Transport, string Dialect, string Query)
{
    private static readonly string[] s_parameters = ["latest_event_id", "conversation_id", "providers_set", "session_api_key"];

    /// <summary>For all that are too many to be told apart.</summary>
    public static ClientKind Other { get; } = new("other", "", "", "", "", "");

    public static ClientKind Of(SocketHandshake handshake)
    {
        var query = handshake.Query;
        var agent = handshake.Headers.GetValueOrDefault(UserAgent.Header);
        var (library, version) = UserAgent.Read(agent, query[UserAgent.Timestamp]);

        // Every browser calls itself so. An Origin says nothing: WebSocket libraries for scripts send one as well.
        var isPage = agent?.StartsWith("Mozilla/", StringComparison.Ordinal) is true;
        var transport = query["transport"].ToString();
        return new ClientKind(
            library,
            version,
            UserAgent.Clean(query["EIO"].ToString()),
            transport.Length == 0 ? "polling" : UserAgent.Clean(transport),
            DialectOf(isPage, query, transport == "websocket"),
            string.Join(' ', s_parameters.Where(query.ContainsKey)));
    }

    // V0's web UI names its providers from 0.32 on, always says what it has, and never polled at first. Other pages may do as the old one.
    private static string DialectOf(bool isPage, IQueryCollection query, bool isWebSocket) =>
        (isPage, query.ContainsKey("providers_set")) switch
        {
            (true, true) => "V0 web UI, 0.32 or newer",
            (true, false) when isWebSocket && query.ContainsKey("latest_event_id") => "V0 web UI before 0.32, or a page like it",
            (true, false) => "another page",
            (false, true) => "program, as the web UI",
            _ => "program",
        };

    public override string ToString() => $"{Library} {Version}".TrimEnd();
}
