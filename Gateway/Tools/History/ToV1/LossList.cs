namespace Gateway.Tools.History.ToV1;

/// <summary>The losses of a conversation, and which of its events had them. Owned by one translation.</summary>
internal sealed class LossList
{
    private readonly Dictionary<HistoryLoss, SortedSet<int>> _ids = [];

    /// <summary>In the order of <see cref="HistoryLoss.All"/>; the ids of V0's events, rising.</summary>
    public IEnumerable<(HistoryLoss Loss, IReadOnlyCollection<int> V0Ids)> All =>
        HistoryLoss.All.Where(_ids.ContainsKey).Select(loss => (loss, (IReadOnlyCollection<int>)_ids[loss]));

    public bool HasContent => _ids.Keys.Any(static loss => loss.IsContent);

    public void Add(HistoryLoss loss, int v0Id)
    {
        if (!_ids.TryGetValue(loss, out var ids))
        {
            _ids[loss] = ids = [];
        }

        ids.Add(v0Id);
    }
}
