using Gateway.Tools.Har;
using Gateway.Tools.Shadow.Observe;

namespace Gateway.Tools.Shadow.Compare;

internal enum JobKind
{
    /// <summary>A client's connect and the replay that it got.</summary>
    Replay,

    /// <summary>A REST call that reads.</summary>
    Call,

    /// <summary>What the clients of a conversation did, and all that came of it.</summary>
    Window,
}

/// <summary>Something that V0 has answered, to be asked of the candidate as well. Immutable.</summary>
/// <param name="Entries">As a recorder would have written them, secrets included: they are what the candidate is asked with.</param>
/// <param name="ServerTime">How long V0 took.</param>
/// <param name="Bytes">What is to be freed when it is done.</param>
internal sealed record ComparisonJob(
    JobKind Kind, string ConversationId, string Route, string Client, IReadOnlyList<HarEntry> Entries, TimeSpan ServerTime, long Bytes)
{
    public static ComparisonJob OfReplay(ObservedSession session) => new(
        JobKind.Replay,
        session.ConversationId,
        session.StartsWithPolling ? "socket.io by polling" : "socket.io by WebSocket",
        ClientName.Of(session.Opening),
        session.ToEntries(session.LastSeen),
        (session.Answered ?? session.LastSeen) - session.Opening.Started,
        session.Bytes);
}
