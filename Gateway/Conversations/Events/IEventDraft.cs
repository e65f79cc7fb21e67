using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// An event to append that may name those appended before it. While it is being appended it belongs to the session's loop, which may ask
/// for it again under another id when another process has taken the first.
/// </summary>
internal interface IEventDraft
{
    EventSource Source { get; }

    /// <summary>As <see cref="StoredEvent.SourceId"/>.</summary>
    string? SourceId => null;

    /// <summary>The event without id; all before it have theirs.</summary>
    JObject Resolve();

    /// <summary>It is stored under this id, or about to be.</summary>
    void Appended(int id);
}
