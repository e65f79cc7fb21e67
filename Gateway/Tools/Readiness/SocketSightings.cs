using System.Globalization;

using Gateway.Primitives.Json;
using Gateway.SocketIO;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Features;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Readiness;

/// <summary>What a recording shows of clients and of how they connect. Pure.</summary>
internal static class SocketSightings
{
    private const string KeyHeader = "x-session-api-key";

    private static readonly string[] s_ofEngine = ["EIO", "transport", "sid", "t", "b64"];

    public static IEnumerable<Sighting> Of(RecordedSession session)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var connection in session.Connections)
        {
            var opening = connection.Recording.Opening;
            var client = ClientOf(opening);
            var comesBack = connection.View.LatestEventId >= 0 && seen.Contains(connection.ConversationId);
            seen.Add(connection.ConversationId);
            var sightings = Client(connection)
                .Concat(Query(connection))
                .Concat(Connect(connection))
                .Concat(comesBack ? [Sighting.Of("reconnect")] : []);
            foreach (var sighting in sightings)
            {
                yield return sighting.By(client, opening.Started);
            }
        }

        foreach (var entry in session.UnmatchedRequests)
        {
            var query = SocketRecordingReader.ParseQuery(entry.Url.Query);
            foreach (var sighting in Engine(query["EIO"].FirstOrDefault(), query["transport"].FirstOrDefault(), isUpgrade: false))
            {
                yield return sighting.By(ClientOf(entry), entry.Started);
            }
        }
    }

    /// <summary>Which program made a request, as far as it says.</summary>
    public static string ClientOf(HarEntry entry) => UserAgent.NameOf(
        entry.RequestHeader(UserAgent.Header), SocketRecordingReader.ParseQuery(entry.Url.Query)[UserAgent.Timestamp].FirstOrDefault());

    private static IEnumerable<Sighting> Client(RecordedConnection connection)
    {
        yield return Sighting.Of("client", ClientOf(connection.Recording.Opening));
        var recording = connection.Recording;
        var isUpgrade = recording is { StartsWithPolling: true, WebSocket.Messages.Count: > 0 };
        foreach (var sighting in Engine(recording.Parameter("EIO"), recording.Parameter("transport"), isUpgrade))
        {
            yield return sighting;
        }
    }

    private static IEnumerable<Sighting> Engine(string? version, string? transport, bool isUpgrade)
    {
        if (version is not null)
        {
            yield return Sighting.OfKind("eio", version);
        }

        yield return Sighting.OfKind("transport", isUpgrade ? "upgrade" : transport ?? "polling");
    }

    private static IEnumerable<Sighting> Query(RecordedConnection connection)
    {
        foreach (var parameter in connection.Recording.Query.Where(static parameter => !s_ofEngine.Contains(parameter.Key)))
        {
            var sighting = Sighting.OfKind("query", parameter.Key);
            yield return parameter.Key switch
            {
                "latest_event_id" => sighting with { Variant = LatestId(parameter.First()) },
                "conversation_id" => sighting with { Variant = IdForm(parameter.First()) },
                "providers_set" => sighting with { Variant = parameter.First().Length == 0 ? "empty" : "named" },
                _ => sighting,
            };
        }
    }

    private static string IdForm(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigit) ? "32 hex digits" : "another id";

    private static string LatestId(string text) =>
        text == "-1" ? "-1"
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? "an id"
        : "no number";

    private static IEnumerable<Sighting> Connect(RecordedConnection connection)
    {
        var opening = connection.Recording.Opening;
        foreach (var (header, feature) in new[] { (KeyHeader, "key-in-header"), ("cookie", "cookie") })
        {
            if (opening.RequestHeader(header) is { Length: > 0 })
            {
                yield return Sighting.Of(feature);
            }
        }

        if (opening.RequestHeader("origin") is { } origin && !origin.EndsWith(opening.Url.Authority, StringComparison.OrdinalIgnoreCase))
        {
            yield return Sighting.Of("origin");
        }

        if (!opening.Url.AbsolutePath.StartsWith("/socket.io", StringComparison.Ordinal))
        {
            yield return Sighting.Of("socket-prefix");
        }

        var view = connection.View;
        if (view.Frames.Any(static frame => frame is { FromClient: true, Frame: { Kind: WireKind.Connect, Payload: not null } }))
        {
            yield return Sighting.Of("auth-payload");
        }

        foreach (var answer in view.Answers.Where(static answer => answer.Packet.Kind == WireKind.ConnectError))
        {
            var payload = answer.Packet.Payload;
            yield return Sighting.Of("refused", Refusal(payload.TextOrNull("message") ?? payload.AsText() ?? "")) with { Sample = payload };
        }
    }

    /// <summary>A refusal in the server's words; an id or a key in them is left out.</summary>
    public static string Refusal(string words) =>
        string.Join(' ', words.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Take(8)
            .Select(static word => word.Any(char.IsAsciiDigit) || word.Length > 40 ? "…" : UserAgent.Clean(word)));
}
