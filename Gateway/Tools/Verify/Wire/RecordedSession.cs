using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Wire;

/// <summary>
/// A fixture, prepared for playing and comparing: its connections, the logs of its conversations, its clients' actions. Immutable once
/// made.
/// </summary>
internal sealed class RecordedSession
{
    private readonly Dictionary<string, RecordedLog> _logs = [];
    private readonly Dictionary<string, List<ClientAction>> _actions = [];

    public RecordedSession(Fixture fixture)
    {
        Fixture = fixture;
        Store = fixture.IsLive ? KnownStore.Unread : KnownStore.Read(fixture.StorePath);
        var own = OwnServers.Of(fixture.Recordings);
        RestCalls = [.. fixture.Recordings.OtherRequests.Where(own.Has).Select(static (entry, index) => new RestCall(index + 1, entry))];
        CallsToOthers =
            [.. fixture.Recordings.OtherRequests.Where(entry => !own.Has(entry)).Select(static entry => new RestCall(0, entry))];
        Connections =
        [
            .. fixture.Recordings.Sessions.Select((recording, index) =>
                new RecordedConnection(index + 1, recording, fixture.Recordings.Restarts)),
        ];
        foreach (var group in Connections.GroupBy(static connection => connection.ConversationId))
        {
            var log = RecordedLog.Read(fixture, group.Key);
            // What a replay gave is as it is stored; live events may differ from it, and one may even come among those of a replay.
            var seen = group.SelectMany(static connection => connection.View.Events)
                .OrderByDescending(static seen => seen.InReplay)
                .ThenByDescending(static seen => seen.Event.Source == "environment");
            foreach (var one in seen)
            {
                log.Add(one, fixture.IsLive);
            }

            _logs[group.Key] = log;
            _actions[group.Key] = ClientActions.Match(log, SentActions(group));
        }
    }

    public Fixture Fixture { get; }

    public IReadOnlyList<RecordedConnection> Connections { get; }

    public IReadOnlyList<HarEntry> UnmatchedRequests => Fixture.Recordings.UnmatchedRequests;

    public IReadOnlyList<RestCall> RestCalls { get; }

    /// <summary>What a page asked of other servers (analytics, pictures), and addresses that are no server's.</summary>
    public IReadOnlyList<RestCall> CallsToOthers { get; }

    public KnownStore Store { get; }

    public RecordedLog Log(string conversationId) => _logs[conversationId];

    public IReadOnlyList<ClientAction> Actions(string conversationId) => _actions[conversationId];

    /// <summary>Conversations whose clients were told that there are too many, and which were stopped for it.</summary>
    public IReadOnlyCollection<string> StoppedForRoom =>
    [
        .. Connections
            .Where(static connection => connection.View.TransientMessages.Exists(static said =>
                JToken.DeepEquals(said.Packet.Argument.Member("id"), "AGENT_ERROR$TOO_MANY_CONVERSATIONS")))
            .Select(static connection => connection.ConversationId)
            .Distinct(),
    ];

    /// <summary>The highest id that a conversation had when a connection was opened, as far as the recording shows.</summary>
    public int HeadAtConnect(RecordedConnection connection)
    {
        var earlier = Connections
            .Where(other => other.ConversationId == connection.ConversationId && other.Number < connection.Number)
            .SelectMany(other =>
                other.View.Events.Where(seen => other.Recording.Frames[seen.Frame].Time < connection.Recording.Opening.Started))
            .Select(static seen => seen.Id);
        return earlier.Append(Log(connection.ConversationId).HeadBefore).Max();
    }

    /// <summary>
    /// A REST call that changes things was recorded while the connection was open. It is not played, so its effects are missing.
    /// </summary>
    public bool MissesRestEffects(RecordedConnection connection) => FirstRestEffect(connection) is not null;

    /// <summary>When the first such call was made; null when there was none.</summary>
    public DateTimeOffset? FirstRestEffect(RecordedConnection connection) => RestCalls
        .Select(static call => call.Entry)
        .Where(entry => entry.Method is "POST" or "DELETE" or "PATCH" or "PUT"
            && entry.Started >= connection.Recording.Opening.Started
            && entry.Started <= connection.Recording.Ended)
        .Select(static entry => (DateTimeOffset?)entry.Started)
        .Min();

    private static IEnumerable<(int Connection, int Frame, WireFrame Packet)> SentActions(IEnumerable<RecordedConnection> connections) =>
        connections
        .SelectMany(static connection => connection.Recording.Frames.Select((frame, index) => (connection, frame.Time, index)))
        .OrderBy(static sent => sent.Time)
        .Select(static sent => (sent.connection.Number, sent.index, Viewed: sent.connection.View.Frames[sent.index]))
        .Where(static sent => sent.Viewed.FromClient && ClientActions.IsAction(sent.Viewed.Frame))
        .Select(static sent => (sent.Number, sent.index, sent.Viewed.Frame));
}
