using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage;

/// <summary>
/// Events that one read gave, over memory that it owns: at most <see cref="MaxEvents"/>, and no more once they have
/// <see cref="MaxBytes"/> (one event may be larger). The caller disposes it, and uses nothing of it afterwards. Not thread-safe.
/// </summary>
internal sealed class EventPage(
    List<StoredEvent> events,
    IReadOnlyList<CorruptEvent> corrupt,
    int nextId,
    IDisposable? buffer,
    IReadOnlyDictionary<int, ReadOnlyMemory<byte>>? corruptBytes = null)
    : IDisposable
{
    /// <summary>
    /// The largest event id that a store takes: the last of V0's last page file all of whose ids, and the id behind them, are ints.
    /// </summary>
    public const int MaxId = (int.MaxValue / 25 * 25) - 1;

    public const int MaxEvents = 1_000;

    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>In id order; may be empty (a gap, or corrupt events only).</summary>
    public List<StoredEvent> Events { get; } = events;

    /// <summary>Stored events that are left out of <see cref="Events"/>, in id order.</summary>
    public IReadOnlyList<CorruptEvent> Corrupt { get; } = corrupt;

    /// <summary>The id to read on from: greater than every id that this page covers.</summary>
    public int NextId { get; } = nextId;

    /// <summary>
    /// What stands in the place of an event of <see cref="Corrupt"/>, for whoever copies it as it is. False when the store cannot give it.
    /// </summary>
    public bool TryGetCorruptBytes(int id, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        return corruptBytes?.TryGetValue(id, out bytes) == true;
    }

    public void Dispose() => buffer?.Dispose();
}

/// <summary>A stored event that cannot be shown, and why. The text names the event, never its content.</summary>
/// <param name="IsDenied">It may be sound, but the store does not let it be read.</param>
internal readonly record struct CorruptEvent(int Id, string Problem, bool IsDenied = false);
