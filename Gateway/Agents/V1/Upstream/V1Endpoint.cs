using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// One agent-server: its base address, any path in it kept, and the key for it. Immutable. <see cref="ToString"/> has no key in it.
/// </summary>
internal sealed record V1Endpoint(Uri BaseUrl, string? SessionApiKey)
{
    public static V1Endpoint Create(string baseUrl, string? sessionApiKey) =>
        new(new Uri(baseUrl.TrimEnd('/') + "/", UriKind.Absolute), string.IsNullOrEmpty(sessionApiKey) ? null : sessionApiKey);

    public Uri Rest(string path) => new(BaseUrl, path);

    /// <summary>The numbered, resumable socket; events after <paramref name="mark"/> come first.</summary>
    public Uri SessionSocket(Guid conversation, int lastSequence, bool keyInQuery) =>
        Socket(string.Create(CultureInfo.InvariantCulture, $"sockets/session/{conversation:D}?after_seq={lastSequence}"), keyInQuery);

    /// <summary>
    /// The older socket. What was missed is read by REST; the resend of the newest only shows that there is something to read.
    /// </summary>
    public Uri EventsSocket(Guid conversation, string? afterTimestamp, bool keyInQuery)
    {
        var query = afterTimestamp is { Length: > 0 }
            ? $"?resend_mode=since&after_timestamp={Uri.EscapeDataString(afterTimestamp)}"
            : "?resend_all=false";
        return Socket($"sockets/events/{conversation:D}{query}", keyInQuery);
    }

    /// <summary>A text of the server's with the key taken out: for what clients or the log may see.</summary>
    public string WithoutKey(string text) => SessionApiKey is null ? text : text.Replace(SessionApiKey, "[key]", StringComparison.Ordinal);

    /// <summary>The same for an error of the socket: a server that does not take the key as a message says what it does not take.</summary>
    public JObject WithoutKey(JObject v1Event)
    {
        if (v1Event.Text("kind") == "ServerErrorEvent")
        {
            v1Event["detail"] = WithoutKey(v1Event.Text("detail"));
        }

        return v1Event;
    }

    public override string ToString() => BaseUrl.GetLeftPart(UriPartial.Path);

    private Uri Socket(string pathAndQuery, bool keyInQuery)
    {
        var key = keyInQuery && SessionApiKey is not null ? $"&session_api_key={Uri.EscapeDataString(SessionApiKey)}" : "";
        var http = new Uri(BaseUrl, pathAndQuery + key);
        return new UriBuilder(http) { Scheme = http.Scheme == Uri.UriSchemeHttps ? "wss" : "ws", Port = http.Port }.Uri;
    }
}
