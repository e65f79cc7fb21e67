using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tools.Verify;

/// <summary>What verifying one fixture gave. Immutable.</summary>
internal sealed record FixtureResult
{
    public required string Name { get; init; }

    /// <summary>The recording's file, as it was found: names may stand for several.</summary>
    public string Path { get; init; } = "";

    /// <summary>Why it could not run; null when it did.</summary>
    public string? Problem { get; init; }

    public IReadOnlyList<Difference> Differences { get; init; } = [];

    /// <summary>Uses of each rule, by its name.</summary>
    public IReadOnlyDictionary<string, int> Intended { get; init; } = new Dictionary<string, int>();

    /// <summary>REST calls that were played and compared.</summary>
    public int RestCalls { get; init; }

    /// <summary>REST calls that were not played.</summary>
    public IReadOnlyList<SkippedCall> Skipped { get; init; } = [];

    /// <summary>What a reader must know to understand the result, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public int Connections { get; init; }

    /// <summary>Recorded server packets that were compared.</summary>
    public int Frames { get; init; }

    public TimeSpan Duration { get; init; }

    public bool IsEqual => Problem is null && Differences.Count == 0;

    /// <summary>The exit code of a run: 0 all equal, 1 differences, 2 could not run.</summary>
    public static int ExitCode(IReadOnlyCollection<FixtureResult> results) =>
        results.Count == 0 || results.Any(static result => result.Problem is not null)
            ? 2
            : results.All(static result => result.IsEqual)
            ? 0
            : 1;
}
