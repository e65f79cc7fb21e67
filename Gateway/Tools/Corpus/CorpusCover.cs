namespace Gateway.Tools.Corpus;

/// <summary>A recording with what it shows and what it costs. Immutable.</summary>
/// <param name="Path">Where it lies, as it is named to the user.</param>
/// <param name="Features">The names of the features that it shows.</param>
/// <param name="Bytes">Of all its files.</param>
internal sealed record CorpusItem(string Path, IReadOnlySet<string> Features, long Bytes);

/// <summary>A recording of a cover, and the features that it adds to those before it. Immutable.</summary>
internal sealed record CoverStep(CorpusItem Item, IReadOnlyList<string> Added);

/// <summary>
/// A small set of recordings that shows all features that a corpus shows. The smallest set is a hard problem; the greedy one is at most
/// some times larger, and what is found to be needless at the end is left out. Pure.
/// </summary>
internal static class CorpusCover
{
    /// <summary>
    /// The recording that adds the most comes first; of those that add as much, the one with the fewest bytes, then the first by name.
    /// </summary>
    public static IReadOnlyList<CoverStep> Find(IReadOnlyList<CorpusItem> items)
    {
        var chosen = new List<CorpusItem>();
        var missing = items.SelectMany(static item => item.Features).ToHashSet(StringComparer.Ordinal);
        while (missing.Count > 0)
        {
            var next = items
                .OrderByDescending(item => item.Features.Count(missing.Contains))
                .ThenBy(static item => item.Bytes)
                .ThenBy(static item => item.Path, StringComparer.Ordinal)
                .First();
            chosen.Add(next);
            missing.ExceptWith(next.Features);
        }

        // What came early may be covered by those that came after it.
        foreach (var item in chosen.OrderByDescending(static item => item.Bytes).ToList())
        {
            var others = chosen.Where(other => other != item).SelectMany(static other => other.Features).ToHashSet(StringComparer.Ordinal);
            if (others.IsSupersetOf(item.Features))
            {
                chosen.Remove(item);
            }
        }

        return [.. Steps(chosen)];
    }

    private static IEnumerable<CoverStep> Steps(IEnumerable<CorpusItem> chosen)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in chosen)
        {
            yield return new CoverStep(item, [.. item.Features.Where(known.Add).Order(StringComparer.Ordinal)]);
        }
    }
}
