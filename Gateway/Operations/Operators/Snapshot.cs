using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators.Clients;
using Gateway.SocketIO;

namespace Gateway.Operations.Operators;

/// <summary>A client as it stands: one socket, of perhaps several on its connection. Immutable.</summary>
/// <param name="Session">Its session: for looking at, not to be kept.</param>
/// <param name="Socket">Its socket likewise.</param>
/// <param name="Conversation">Null while it has joined none.</param>
internal sealed record ConnectedClient(
    SessionView View, EngineSession Session, SocketConnection Socket, ClientKind Kind, ConversationKey? Conversation, int Position,
    int Lag)
{
    /// <summary>
    /// It does not read what it is sent, or not as fast as it is sent: events that it has not been given yet, or more than a few packets
    /// that wait for it.
    /// </summary>
    public bool IsSlow => View.Queued.Packets > FewPackets || (View.IsWriting && View.Queued.Packets > 0) || Lag > FewEvents;

    private const int FewPackets = 16;
    private const int FewEvents = 50;
}

/// <summary>A conversation that is open here. Immutable.</summary>
/// <param name="Lag">Events that its slowest client has not been given yet.</param>
/// <param name="Slowest">Who that is; null when nobody lags.</param>
/// <param name="AgentState">As far as it is known without asking the store.</param>
internal sealed record OpenConversation(
    ConversationSession Session, int Clients, int Head, int Lag, string? Slowest, string? AgentState, UpstreamStatus? Upstream,
    bool HasAgent, bool IsRecorded)
{
    public ConversationKey Key => Session.Key;

    /// <summary>
    /// Which gateway has the agent: this one, the name of another one, or nobody; null until the store has been asked about one that is not
    /// here.
    /// </summary>
    public string? Owner { get; init; } = HasAgent ? AgentOwners.Here : null;
}

/// <summary>All clients and conversations at about one moment. Immutable.</summary>
/// <param name="Connected">Sessions, those included whose client is in no namespace of V0's.</param>
internal sealed record Snapshot(
    DateTimeOffset At, int Connected, IReadOnlyList<ConnectedClient> Clients, IReadOnlyList<OpenConversation> Conversations);
