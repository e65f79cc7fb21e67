using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>An event of the V1 log that has an id, and its number.</summary>
internal readonly record struct LoggedEvent(string Id, int Sequence);

/// <summary>Where the log of a V1 conversation goes. All calls come from one loop, in order.</summary>
internal interface ILogSink
{
    /// <summary>The number of the last event taken from the server's log; -1 before the first.</summary>
    int LastSequence { get; }

    /// <summary>The last of them that has an id.</summary>
    LoggedEvent? LastEvent { get; }

    /// <summary>One a little before it: from where the log is read again.</summary>
    LoggedEvent? ReadFrom { get; }

    bool HasTaken(string eventId);

    /// <summary>The next events of the log, in its order, each once.</summary>
    ValueTask TakeAsync(IReadOnlyList<JObject> events, CancellationToken cancellationToken);

    /// <summary>
    /// The server's log is another one than that taken so far: it is taken from its start. What was taken under its id already only moves
    /// the mark.
    /// </summary>
    ValueTask RestartAsync(CancellationToken cancellationToken);
}

/// <summary>Where a conversation's V1 events go, and what happens to its connection.</summary>
internal interface IUpstreamSink : ILogSink
{
    string? LastTimestamp { get; }

    /// <summary>The agent runs, as far as the server has said: its socket is held.</summary>
    bool IsAtWork { get; }

    /// <summary>How long the log may be quiet before <see cref="OnIdleAsync"/>; null: nothing waits for that.</summary>
    TimeSpan? QuietAfter { get; }

    /// <summary>Something that the log does not have.</summary>
    ValueTask TakeTransientAsync(JObject v1Event, CancellationToken cancellationToken);

    ValueTask OnIdleAsync(CancellationToken cancellationToken);

    /// <summary>The server knows the conversation; what it said about it comes before its events.</summary>
    ValueTask ConnectedAsync(JObject info, CancellationToken cancellationToken);

    /// <summary>All that the log had when the connection opened is taken.</summary>
    ValueTask CaughtUpAsync(CancellationToken cancellationToken);

    /// <summary>
    /// A connection is lost (<paramref name="tries"/> is 0), or the server was not reached, for the <paramref name="tries"/>th time in a
    /// row.
    /// </summary>
    ValueTask DisconnectedAsync(int tries, CancellationToken cancellationToken);

    /// <summary>
    /// The server does not serve the conversation for now, and says why: for clients' eyes. Told once until it serves again.
    /// </summary>
    /// <param name="isRefused">Until then it takes nothing of users either.</param>
    ValueTask TroubleAsync(string reason, bool isRefused, CancellationToken cancellationToken);

    /// <summary>
    /// The server serves the conversation, and does not give its log time after time: for clients' eyes, until
    /// <see cref="CaughtUpAsync"/>.
    /// </summary>
    ValueTask WithoutLogAsync(string reason, CancellationToken cancellationToken);

    /// <summary>There will be no other try.</summary>
    ValueTask EndedAsync(string reason, CancellationToken cancellationToken);
}
