using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Play;

/// <summary>Reads from a recording how its server was set. Pure.</summary>
internal static class TargetSettingsReader
{
    public static TargetSettings Read(RecordedSession session) =>
        new(session.Fixture.Info.Key ?? Key(session) ?? RestKey(session), MaxConversations(session), UserId(session),
            HasHeartbeats(session))
        {
            RateLimit = session.RestCalls.Any(static call => call.Entry.Status == 429),
            ServesWebUi = !session.RestCalls.Any(static call => call is { IsPageAsked: true, Entry.Status: 404 }),
            Began = Began(session),
            SettingsJson = session.Fixture.StorePath is { } store && File.Exists(Path.Combine(store, "settings.json"))
                ? null
                : Settings(session) ?? AnySettings(session),
        };

    // A conversation was made, so there were settings with a key, unless the recording shows how they came to be.
    private static string? AnySettings(RecordedSession session) =>
        session.RestCalls.Any(static call => call.Is("POST", "/api/conversations") && call.Entry.Status == 200)
        && !session.RestCalls.Any(static call => call.Path == "/api/settings")
            ? """{"language":"en","agent":"CodeActAgent","llm_model":"a-model","llm_api_key":"a-key-that-was-not-shown"}"""
            : null;

    // Keys are never shown: that there was one is all that is known of it.
    private static string? Settings(RecordedSession session)
    {
        var first = session.RestCalls.FirstOrDefault(static call => call.Path == "/api/settings" && call.Entry.Status is 200 or 404);
        if (first is not { Method: "GET", Entry.Status: 200 }
            || JsonTree.ReadOrNull(first.Entry.ResponseBody ?? "") is not JObject settings)
        {
            return null;
        }

        foreach (var key in new[] { "llm_api_key", "search_api_key" })
        {
            settings[key] = settings.Flag(key + "_set") ? "a-key-that-was-not-shown" : null;
            settings.Remove(key + "_set");
        }

        settings.Remove("provider_tokens_set");
        return settings.ToString(Newtonsoft.Json.Formatting.None);
    }

    private static DateTimeOffset? Began(RecordedSession session) => session.RestCalls
        .Select(static call => call.Entry.Started)
        .Concat(session.Connections.Select(static connection => connection.Recording.Opening.Started))
        .Where(static time => time > DateTimeOffset.UnixEpoch)
        .Select(static time => (DateTimeOffset?)time)
        .Min();

    // Some calls were refused for want of the key: the right one is that of a call that was not.
    private static string? RestKey(RecordedSession session) =>
        session.RestCalls.Any(static call => call is { IsApi: true, Entry: { Status: 401, ResponseBody: "{\"detail\":\"Unauthorized\"}" } })
            ? session.RestCalls
                .Where(static call => call is { IsApi: true, Entry: { Status: not 401, IsBodyLeftOut: false } })
                .Select(static call => call.Entry.RequestHeader("x-session-api-key"))
                .FirstOrDefault(static key => !string.IsNullOrEmpty(key)) ?? "a-key-that-no-recorded-client-had"
            : null;

    // A key is asked for when a connect was refused for it. The right one is that of a connect that was not.
    private static string? Key(RecordedSession session)
    {
        var refused = session.Connections.Any(static connection => connection.View.Answers.Exists(static answer =>
            answer.Packet.Kind == WireKind.ConnectError
                && JToken.DeepEquals(answer.Packet.Payload.Member("message"), "invalid_session_api_key")));
        return refused
            ? session.Connections
                .Where(static connection => connection.View.Answers.Exists(static answer => answer.Packet.Kind == WireKind.Connect))
                .Select(static connection => connection.Recording.Parameter("session_api_key"))
                .FirstOrDefault(static key => !string.IsNullOrEmpty(key)) ?? "a-key-that-no-recorded-client-had"
            : null;
    }

    // The limit was what was open when the next conversation closed the oldest.
    private static int MaxConversations(RecordedSession session)
    {
        var closed = session.Connections
            .SelectMany(static connection =>
                connection.View.TransientMessages
                    .Select(transientMessage => (transientMessage.Packet, connection.Recording.Frames[transientMessage.Frame].Time)))
            .Where(static transientMessage =>
                JToken.DeepEquals(transientMessage.Packet.Argument.Member("id"), "AGENT_ERROR$TOO_MANY_CONVERSATIONS"))
            .Select(static transientMessage => (DateTimeOffset?)transientMessage.Time)
            .Min();
        return closed is null
            ? 0
            : session.Connections
                .Where(connection => connection.Recording.Opening.Started < closed)
                .Select(static connection => connection.ConversationId)
                .Distinct()
                .Count();
    }

    // A conversation that lies under a user, and not under sessions/ as well.
    private static string? UserId(RecordedSession session)
    {
        var roots = new[] { session.Fixture.StorePath, session.Fixture.StoreAfterPath }.OfType<string>().ToList();
        var known = session.Connections.Select(static connection => connection.ConversationId).Distinct().ToList();
        return roots.Exists(root => known.Exists(id => RecordedStore.Folder(root, id) is not null))
            ? null
            : roots.SelectMany(static root => RecordedStore.Users(root))
                .Where(user => known.Exists(id => RecordedStore.Folder(user, id, "conversations") is not null))
                .Select(Path.GetFileName)
                .FirstOrDefault();
    }

    private static bool HasHeartbeats(RecordedSession session) => session.Connections.Any(static connection =>
        !connection.AnswersPings && connection.End.ByServer);
}
