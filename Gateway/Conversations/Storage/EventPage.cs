using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage;

/// <summary>
/// Events that one read gave, over one pooled buffer. The caller disposes it, and uses nothing of it afterwards. Not thread-safe.
/// </summary>
internal sealed class EventPage(List<StoredEvent> events, IReadOnlyList<CorruptEvent> corrupt, int nextId, IDisposable? buffer) : IDisposable
{
    /// <summary>In id order; may be empty (a gap, or corrupt events only).</summary>
    public List<StoredEvent> Events { get; } = events;

    public IReadOnlyList<CorruptEvent> Corrupt { get; } = corrupt;

    /// <summary>The id to read on from: greater than every id that this page covers.</summary>
    public int NextId { get; } = nextId;

    public void Dispose() => buffer?.Dispose();
}

/// <summary>A stored event that cannot be served, and why. The text names the file, not its content.</summary>
internal readonly record struct CorruptEvent(int Id, string Problem);
