using System.Globalization;

using Gateway.Tools.Verify;

namespace Gateway.Tools.Readiness;

/// <summary>
/// Reads recordings and stores into counts. What cannot be read is a line in <see cref="Problems"/>, and the rest is read all the same. One
/// caller at a time.
/// </summary>
internal sealed class ReadinessReader
{
    private readonly List<string> _problems = [];
    private readonly List<string> _gaps = [];
    private readonly List<string> _sources = [];

    public UsageCounts Counts { get; } = new();

    /// <summary>Why the report is partial, a line each; empty when it is not.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>
    /// Stores with ids that no event has, a line each. V0 leaves such gaps, rarely; a copy by half leaves them too: somebody has to say
    /// which.
    /// </summary>
    public IReadOnlyList<string> Gaps => _gaps;

    /// <summary>Clients were seen at work: a store shows none, and a gateway's counts not what they did.</summary>
    public bool HasRecordings { get; private set; }

    /// <summary>What was read, a phrase each.</summary>
    public IReadOnlyList<string> Sources => _sources;

    /// <param name="path">A HAR file, a folder that is searched for them, or a V0 store.</param>
    public void Read(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(path) && StoreFeatures.IsStore(path))
            {
                ReadStore(path, cancellationToken);
                return;
            }

            var read = 0;
            foreach (var load in FixtureLoader.LoadAll([path]))
            {
                cancellationToken.ThrowIfCancellationRequested();
                read += TryRead(load, path) ? 1 : 0;
            }

            if (read > 0)
            {
                _sources.Add(read == 1 ? $"a recording ({NameOf(path)})" : $"{Text(read)} recordings ({NameOf(path)})");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _problems.Add($"{path} cannot be read to its end: {exception.Message}");
        }
    }

    /// <summary>Adds what a running gateway has counted.</summary>
    public void AddGateway(string name, IEnumerable<Sighting> sightings)
    {
        Counts.Add(sightings);
        _sources.Add($"the counts of a running gateway ({name}), which tell of clients, refusals and closes alone");
    }

    private bool TryRead(FixtureLoad load, string given)
    {
        if (load.Fixture is not { } fixture)
        {
            _problems.Add(load.Problem == "holds no .har file"
                ? $"{given} holds neither a recording (.har) nor a V0 store (sessions/)"
                : $"{load.Path} {load.Problem}");
            return false;
        }

        if (RecordedVersion.FindProblem(fixture) is { } problem)
        {
            _problems.Add($"{load.Path} {problem}");
        }

        if (RecordedVersion.IsV1(fixture))
        {
            return false;
        }

        HasRecordings = true;
        Counts.Add(SessionFeatures.Of(fixture));
        Counts.Add(StoreFeatures.BesideWire(fixture));
        return true;
    }

    private void ReadStore(string path, CancellationToken cancellationToken)
    {
        var store = StoreFeatures.Read(path, Counts, cancellationToken);
        _sources.Add($"a V0 store ({NameOf(path)}) with {Text(store.Conversations)} "
            + $"conversation{(store.Conversations == 1 ? "" : "s")} and {Text(store.Events)} events");
        if (store.Damaged.Count > 0)
        {
            _problems.Add(
                $"{path} is not whole: {store.Damaged[0]}{(store.Damaged.Count == 1 ? "" : $" and {Text(store.Damaged.Count - 1)} more")} "
                + "cannot be read, are cut off or missing, as in a copy that is half done");
        }

        if (store.Gaps.Count > 0)
        {
            var events = store.Gaps.Sum(static gap => (long)gap.Missing);
            _gaps.Add(
                $"{path} misses {Text(events)} event{(events == 1 ? "" : "s")} before the last of {store.Gaps[0].Folder}"
                + $"{(store.Gaps.Count == 1 ? "" : $" and of {Text(store.Gaps.Count - 1)} more")}, as a copy that is half done would; "
                + $"V0 leaves such gaps too, rarely: --allow {StoreFeatures.Gap} takes them");
        }
    }

    private static string NameOf(string path) => Path.GetFileName(path.TrimEnd('/', Path.DirectorySeparatorChar));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
