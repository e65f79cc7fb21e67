using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

namespace Gateway.Tools.Copy;

/// <summary>
/// The ids that a conversation's events have in the log that they were translated from, between two stores that keep them; between others
/// there is nothing to carry, as the bridge's journal says the same. Used by one owner.
/// </summary>
internal sealed class SourceIds
{
    private readonly IEventLog _to;
    private readonly Dictionary<int, string>? _ids;

    private SourceIds(IEventLog to, Dictionary<int, string>? ids) => (_to, _ids) = (to, ids);

    /// <param name="through">The last event that is copied: those that come meanwhile are left for the next run.</param>
    public static async ValueTask<SourceIds> ReadAsync(IEventLog from, IEventLog to, int through, CancellationToken cancellationToken) =>
        new(to, from.KeepsSourceIds && to.KeepsSourceIds ? await ReadAsync(from, through, cancellationToken) : null);

    public StoredEvent AddTo(in StoredEvent stored) =>
        _ids?.TryGetValue(stored.Id, out var id) == true ? stored with { SourceId = id } : stored;

    /// <summary>The first event whose source id is another one in the target; null when there is none.</summary>
    public async ValueTask<int?> FindDifferenceAsync(int through, CancellationToken cancellationToken)
    {
        if (_ids is null)
        {
            return null;
        }

        var theirs = await ReadAsync(_to, through, cancellationToken);
        var differences = _ids.Where(one => one.Key <= through).Except(theirs).Concat(theirs.Except(_ids)).Select(static one => one.Key);
        return differences.Order().Select(static id => (int?)id).FirstOrDefault();
    }

    private static async ValueTask<Dictionary<int, string>> ReadAsync(IEventLog log, int through, CancellationToken cancellationToken)
    {
        var ids = await log.ReadSourceIdsAsync(0, cancellationToken);
        return ids.Where(one => one.Id <= through).ToDictionary(static one => one.Id, static one => one.SourceId);
    }
}
