using System.Globalization;

using Gateway.Tools.History.ToV1;

namespace Gateway.Tools.History;

/// <summary>What a run has carried over, and what not. Used by its one loop.</summary>
/// <param name="onProblem">A conversation, and what is wrong with it; told once, when it is found.</param>
internal sealed class HistoryReport(Action<string, string> onProblem)
{
    // Losses of content that are named one by one.
    private const int MaxNamed = 20;

    private readonly Dictionary<string, (int Count, bool IsContent)> _losses = new(StringComparer.Ordinal);
    private readonly List<string> _named = [];

    public int Total { get; set; }

    /// <summary>Those that are carried over whole.</summary>
    public int Done { get; private set; }

    /// <summary>Those in which nothing has been said.</summary>
    public int Empty { get; private set; }

    public int Problems { get; private set; }

    public int SourceEvents { get; private set; }

    public int TargetEvents { get; private set; }

    /// <summary>Why the run has ended before its end; null when it has not.</summary>
    public string? Failure { get; set; }

    /// <summary>The run is not what was asked for.</summary>
    public bool IsPartial => Failure is not null || Problems > 0;

    public bool HasLostContent => _losses.Values.Any(static loss => loss.IsContent);

    /// <summary>Each loss in words, and how often; of content first.</summary>
    public IEnumerable<(string What, int Count, bool IsContent)> Losses => _losses
        .Select(static one => (one.Key, one.Value.Count, one.Value.IsContent))
        .OrderByDescending(static one => one.IsContent);

    /// <summary>Events whose content is lost, one by one, as far as they are named.</summary>
    public IReadOnlyList<string> Named => _named;

    public void AddDone(int sourceEvents, int targetEvents)
    {
        Done++;
        SourceEvents += sourceEvents;
        TargetEvents += targetEvents;
    }

    /// <summary>Nothing of what was done is there: it went with the folder in which it stood.</summary>
    public void TakeBackDone() => (Done, SourceEvents, TargetEvents) = (0, 0, 0);

    public void AddEmpty() => Empty++;

    public void AddProblem(string where, string problem)
    {
        Problems++;
        onProblem(where, problem);
    }

    public void Add(string where, LossList losses)
    {
        foreach (var (loss, ids) in losses.All)
        {
            Add(where, $"{loss.What}: {loss.Becomes}", loss.IsContent, ids.Count, ids.Select(static id => $"event {id}"));
        }
    }

    /// <param name="where">The conversation.</param>
    /// <param name="what">What is lost, in words.</param>
    /// <param name="isContent">As <see cref="HistoryLoss.IsContent"/>.</param>
    /// <param name="count">How often.</param>
    /// <param name="names">The events, for a loss of content.</param>
    public void Add(string where, string what, bool isContent, int count, IEnumerable<string> names)
    {
        _losses[what] = (_losses.GetValueOrDefault(what).Count + count, isContent);
        if (isContent)
        {
            _named.AddRange(names.Take(MaxNamed - _named.Count).Select(name => $"{where}: {name}: {what}"));
        }
    }

    public static string Count(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");
}
