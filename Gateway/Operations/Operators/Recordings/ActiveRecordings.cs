using System.Collections.Concurrent;

using Gateway.Conversations;
using Gateway.EngineIO.Sessions;

namespace Gateway.Operations.Operators.Recordings;

/// <summary>
/// The recordings under way, by conversation. Asked for each session that begins; while there is none that costs one look. Any thread.
/// </summary>
internal sealed class ActiveRecordings(IAgentBackendFactory backends)
{
    private readonly ConcurrentDictionary<ConversationId, ConversationRecording> _recordings = new();

    public int Count => _recordings.Count;

    public IEnumerable<ConversationRecording> All => _recordings.Select(static pair => pair.Value);

    public ConversationRecording? Of(ConversationId id) => _recordings.GetValueOrDefault(id);

    /// <summary>False when the conversation is being recorded already.</summary>
    public bool TryAdd(ConversationRecording recording) => _recordings.TryAdd(recording.Key.Id, recording);

    public void Remove(ConversationRecording recording) =>
        _recordings.TryRemove(KeyValuePair.Create(recording.Key.Id, recording));

    /// <summary>The tap of a session whose client asks for a conversation that is recorded; null for any other.</summary>
    public ISessionTap? TapOf(EngineSession session) =>
        !_recordings.IsEmpty
        && ConversationId.TryParse(session.Handshake.Query["conversation_id"].ToString(), out var id)
        && _recordings.TryGetValue(backends.Canonical(id), out var recording)
        && recording.EndReason is null
            ? recording.TapOf(session)
            : null;
}
