using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

namespace Gateway.Tools.Copy;

/// <summary>What stands in an event's place, sound or not.</summary>
/// <param name="Stored">Its bytes; those of a damaged event too.</param>
/// <param name="Fault">Why it is damaged, or cannot be had; null when it is sound.</param>
/// <param name="IsLost">There are no bytes.</param>
internal readonly record struct RawEvent(StoredEvent Stored, CorruptEvent? Fault = null, bool IsLost = false)
{
    public int Id => Stored.Id;

    /// <summary>All of a page's, in id order.</summary>
    public static List<RawEvent> AllOf(EventPage page)
    {
        var all = page.Events.ConvertAll(static sound => new RawEvent(sound));
        if (page.Corrupt.Count > 0)
        {
            foreach (var fault in page.Corrupt)
            {
                var isThere = page.TryGetCorruptBytes(fault.Id, out var bytes);
                all.Add(new RawEvent(new StoredEvent(fault.Id, bytes, default), fault, !isThere));
            }

            all.Sort(static (one, other) => one.Id.CompareTo(other.Id));
        }

        return all;
    }
}
