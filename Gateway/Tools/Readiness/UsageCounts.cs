using Gateway.Tools.Verify.Features;

namespace Gateway.Tools.Readiness;

/// <summary>How often a feature was seen in one of its forms, by whom and when. Immutable.</summary>
/// <param name="Clients">Programs, by name; at most <see cref="UsageCounts.MaxClients"/>.</param>
/// <param name="Sample">The outline of one; empty when there is none.</param>
internal sealed record Usage(
    Feature Feature, string Variant, long Count, IReadOnlyList<string> Clients, DateTimeOffset? First, DateTimeOffset? Last, string Sample);

/// <summary>
/// Adds up what was seen. Its memory is bounded by the table, whatever comes: forms and clients that are too many are counted as others.
/// One caller at a time.
/// </summary>
internal sealed class UsageCounts
{
    public const int MaxClients = 20;

    private const int MaxVariants = 40;
    private const string Others = "others";

    private readonly Dictionary<(string Feature, string Variant), Entry> _entries = [];
    private readonly Dictionary<string, int> _variants = [];

    /// <summary>In the order of the table, and by form.</summary>
    public IReadOnlyList<Usage> Usages
    {
        get
        {
            var order = FeatureTable.All.Index().ToDictionary(static pair => pair.Item.Name, static pair => pair.Index);
            return
            [
                .. _entries
                    .OrderBy(pair => order[pair.Key.Feature])
                    .ThenBy(static pair => pair.Key.Variant, StringComparer.Ordinal)
                    .Select(static pair => pair.Value.ToUsage(pair.Key.Variant)),
            ];
        }
    }

    public void Add(IEnumerable<Sighting> sightings)
    {
        foreach (var sighting in sightings)
        {
            Add(sighting);
        }
    }

    public void Add(Sighting sighting)
    {
        var name = sighting.Feature.Name;
        if (!_entries.TryGetValue((name, sighting.Variant), out var entry))
        {
            var variants = _variants.GetValueOrDefault(name);
            var variant = variants < MaxVariants ? sighting.Variant : Others;
            if (!_entries.TryGetValue((name, variant), out entry))
            {
                _entries[(name, variant)] = entry = new Entry(sighting.Feature);
                _variants[name] = variants + 1;
            }
        }

        entry.Add(sighting);
    }

    private sealed class Entry(Feature feature)
    {
        private readonly SortedSet<string> _clients = new(StringComparer.Ordinal);
        private long _count;
        private DateTimeOffset? _first;
        private DateTimeOffset? _last;
        private string _sample = "";

        public void Add(Sighting sighting)
        {
            _count += sighting.Count;
            if (sighting.Client.Length > 0)
            {
                _clients.Add(_clients.Count < MaxClients || _clients.Contains(sighting.Client) ? sighting.Client : Others);
            }

            _first = sighting.First is { } first && (_first is null || first < _first) ? first : _first;
            _last = sighting.Last is { } last && (_last is null || last > _last) ? last : _last;
            if (_sample.Length == 0 && sighting.Sample is { } sample)
            {
                _sample = SafeText.Outline(sample);
            }
        }

        public Usage ToUsage(string variant) => new(feature, variant, _count, [.. _clients], _first, _last, _sample);
    }
}
