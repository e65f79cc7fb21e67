using System.Runtime.CompilerServices;

using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators.Clients;
using Gateway.Operations.Operators.Recordings;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;

namespace Gateway.Operations.Operators;

/// <summary>
/// Looks through the registries, at most once a second and only when somebody asks. It waits for nobody and takes no lock for longer than a
/// list's copy: owners go on meanwhile. Any thread.
/// </summary>
internal sealed class Snapshots(
    SessionRegistry sessions, ConversationRegistry conversations, ActiveRecordings recordings, TimeProvider timeProvider)
{
    private static readonly TimeSpan s_validFor = TimeSpan.FromSeconds(1);

    // Whoever asks while one is made makes none of their own.
    private readonly Lock _lock = new();

    // What a client is does not change while it is connected.
    private readonly ConditionalWeakTable<SocketConnection, ClientKind> _kinds = [];
    private Snapshot? _last;
    private long _takenAt;

    public Snapshot Take()
    {
        lock (_lock)
        {
            if (_last is { } last && timeProvider.GetElapsedTime(_takenAt) < s_validFor)
            {
                return last;
            }

            _takenAt = timeProvider.GetTimestamp();
            return _last = Look();
        }
    }

    private Snapshot Look()
    {
        var clients = new List<ConnectedClient>(sessions.Count);
        var slowest = new Dictionary<ConversationSession, (int Lag, string? Who)>();
        foreach (var session in sessions.Sessions)
        {
            // Of other namespaces, or of none yet: it has nothing that operators could tell it by.
            foreach (var socket in SocketServer.FindSockets(session.Receiver).Where(ConversationNamespace.Serves))
            {
                clients.Add(Describe(session, socket, slowest));
            }
        }

        List<OpenConversation> open =
        [
            .. conversations.ListRunning().Select(session =>
            {
                var (lag, who) = slowest.GetValueOrDefault(session);
                return new OpenConversation(
                    session, session.ClientCount, session.Log.Head, lag, who, session.KnownAgentState, session.Upstream, session.HasAgent,
                    recordings.Of(session.Key.Id) is not null);
            }),
        ];
        return new Snapshot(timeProvider.GetUtcNow(), sessions.Count, clients, open);
    }

    private ConnectedClient Describe(
        EngineSession session, SocketConnection socket, Dictionary<ConversationSession, (int Lag, string? Who)> slowest)
    {
        var view = session.Look();
        var kind = _kinds.GetValue(socket, static one => ClientKind.Of(one.Handshake));
        if (ConversationNamespace.ClientOf(socket) is not { } client)
        {
            return new ConnectedClient(view, session, socket, kind, null, -1, 0);
        }

        var lag = client.Lag;
        if (lag > slowest.GetValueOrDefault(client.Session).Lag)
        {
            slowest[client.Session] = (lag, view.Id.ToString());
        }

        return new ConnectedClient(view, session, socket, kind, client.Session.Key, client.Position, lag);
    }
}
