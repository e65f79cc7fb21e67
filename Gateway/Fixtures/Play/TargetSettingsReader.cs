using Gateway.Fixtures.Wire;
using Gateway.Primitives;

using Newtonsoft.Json.Linq;

namespace Gateway.Fixtures.Play;

/// <summary>Reads from a recording how its server was set. Pure.</summary>
internal static class TargetSettingsReader
{
    public static TargetSettings Read(RecordedSession session) => new(Key(session), MaxConversations(session), UserId(session), HasHeartbeats(session));

    // A key is asked for when a connect was refused for it. The right one is that of a connect that was not.
    private static string? Key(RecordedSession session)
    {
        var refused = session.Connections.Any(static connection => connection.View.Answers.Exists(static answer =>
            answer.Packet.Kind == WireKind.ConnectError && JToken.DeepEquals(answer.Packet.Payload.Member("message"), "invalid_session_api_key")));
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
            .SelectMany(static connection => connection.View.Notices.Select(notice => (notice.Packet, connection.Recording.Frames[notice.Frame].Time)))
            .Where(static notice => JToken.DeepEquals(notice.Packet.Argument.Member("id"), "AGENT_ERROR$TOO_MANY_CONVERSATIONS"))
            .Select(static notice => (DateTimeOffset?)notice.Time)
            .Min();
        return closed is null
            ? 0
            : session.Connections.Where(connection => connection.Recording.Opening.Started < closed).Select(static connection => connection.ConversationId).Distinct().Count();
    }

    // A conversation that lies under a user, and not under sessions/ as well.
    private static string? UserId(RecordedSession session)
    {
        var roots = new[] { session.Fixture.StorePath, session.Fixture.StoreAfterPath }.OfType<string>().ToList();
        var known = session.Connections.Select(static connection => connection.ConversationId).Distinct().ToList();
        return roots.Exists(root => known.Exists(id => RecordedLog.Folder(root, id) is not null))
            ? null
            : roots.SelectMany(static root => RecordedLog.Users(root))
                .Where(user => known.Exists(id => RecordedLog.Folder(user, id, "conversations") is not null))
                .Select(Path.GetFileName)
                .FirstOrDefault();
    }

    private static bool HasHeartbeats(RecordedSession session) => session.Connections.Any(static connection =>
        !connection.AnswersPings && connection.End.ByServer);
}
