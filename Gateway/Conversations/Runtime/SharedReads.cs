using Gateway.Conversations.Replay;
using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// What all cursors of a conversation read from: its log, and what is kept of it for them. Owned by the session's loop. Immutable.
/// </summary>
internal sealed record SharedReads(IEventLog Log, RecentEventCache Recent, RecentReplay Replay, NewestAgentState NewestState);
