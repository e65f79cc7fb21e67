using System.Globalization;
using System.Text.RegularExpressions;

using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Features;

namespace Gateway.Tools.Readiness;

/// <summary>
/// Reads recordings and stores into counts. What cannot be read is a line in <see cref="Problems"/>, and the rest is read all the same. One
/// caller at a time.
/// </summary>
internal sealed partial class ReadinessReader
{
    private const int NewestMinor = 62;
    private const int OldestMinor = 18;

    private readonly List<string> _problems = [];
    private readonly List<string> _sources = [];

    public UsageCounts Counts { get; } = new();

    /// <summary>Why the report is partial, a line each; empty when it is not.</summary>
    public IReadOnlyList<string> Problems => _problems;

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

        if (ProblemOf(fixture.Info.Source) is { } problem)
        {
            _problems.Add($"{load.Path} {problem}");
        }

        if (fixture.Info.Source.Contains("(V1)", StringComparison.Ordinal))
        {
            return false;
        }

        Counts.Add(SessionFeatures.Of(fixture));
        Counts.Add(StoreFeatures.BesideWire(fixture));
        return true;
    }

    // What it says of the server is the recorder's own word; most say nothing.
    private static string? ProblemOf(string server)
    {
        if (server.Contains("(V1)", StringComparison.Ordinal))
        {
            return "is a recording of a V1 server, which has none of V0's features";
        }

        var version = Version().Match(server);
        return version.Success && (version.Groups["major"].Value != "0" || !IsKnown(version.Groups["minor"].Value))
            ? $"is a recording of an unknown version, {version.Value}: known are 0.{OldestMinor} to 0.{NewestMinor}"
            : null;
    }

    private static bool IsKnown(string minor) =>
        int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= OldestMinor and <= NewestMinor;

    private void ReadStore(string path, CancellationToken cancellationToken)
    {
        var store = StoreFeatures.Read(path, Counts, cancellationToken);
        _sources.Add($"a V0 store ({NameOf(path)}) with {Text(store.Conversations)} "
            + $"conversation{(store.Conversations == 1 ? "" : "s")} and {Text(store.Events)} events");
        if (store.Damaged.Count > 0)
        {
            _problems.Add(
                $"{path} is not whole: {store.Damaged[0]}{(store.Damaged.Count == 1 ? "" : $" and {Text(store.Damaged.Count - 1)} more")} "
                + "cannot be read or are cut off, as in a copy that is half done");
        }
    }

    private static string NameOf(string path) => Path.GetFileName(path.TrimEnd('/', Path.DirectorySeparatorChar));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<=OpenHands )(?<major>\d+)\.(?<minor>\d+)(?:\.\d+)?")]
    private static partial Regex Version();
}
