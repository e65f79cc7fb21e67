using Gateway.Tools.Verify.Features;

namespace Gateway.Tools.Readiness;

/// <summary>Which exceptions from the table's answers somebody has decided on, by patterns of features' names.</summary>
/// <param name="Required">To be answered exactly as V0 does: a rule is not enough.</param>
/// <param name="Allowed">May be different, or not served.</param>
internal sealed record ReadinessExceptions(IReadOnlyList<string> Required, IReadOnlyList<string> Allowed)
{
    public static ReadinessExceptions None { get; } = new([], []);

    /// <summary>A line for the first pattern that no feature has; null when all are known.</summary>
    public string? FindUnknown()
    {
        var unknown = Required.Concat(Allowed).FirstOrDefault(static pattern => !FeatureTable.Matching(pattern).Any());
        return unknown is null ? null : $"no feature is called {unknown}; the page readiness.md lists them, and * stands for any text";
    }
}

/// <summary>A feature that was used, in one of its forms, and whether it stands in the way. Immutable.</summary>
internal sealed record ReadinessRow(Usage Usage, FeatureReply Reply, bool IsAllowed, bool IsRequired)
{
    public bool IsInTheWay => Reply.Answer switch
    {
        FeatureAnswer.Same => false,
        FeatureAnswer.ByRule => IsRequired,
        _ => !IsAllowed,
    };
}

/// <summary>What clients really use, and how Gateway answers it. Immutable.</summary>
internal sealed record ReadinessReport
{
    private ReadinessReport(Deployment deployment, IReadOnlyList<ReadinessRow> rows)
    {
        Deployment = deployment;
        Rows = rows;
    }

    public Deployment Deployment { get; }

    /// <summary>In the order of the table.</summary>
    public IReadOnlyList<ReadinessRow> Rows { get; }

    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Why it is partial, a line each.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Clients were seen at work, in recordings.</summary>
    public required bool HasRecordings { get; init; }

    public required DateTimeOffset Made { get; init; }

    public bool IsPartial => Problems.Count > 0;

    public IEnumerable<ReadinessRow> InTheWay => Rows.Where(static row => row.IsInTheWay);

    public bool IsReady => !IsPartial && Rows.Count > 0 && !InTheWay.Any();

    /// <summary>0 ready, 1 not ready, 2 partial or empty.</summary>
    public int ExitCode => IsPartial || Rows.Count == 0 ? 2 : IsReady ? 0 : 1;

    /// <summary>The rules of verify's that what was used may need.</summary>
    public IEnumerable<string> Rules => Rows.Select(static row => row.Usage.Feature.Rule?.Name).OfType<string>().Distinct();

    public static ReadinessReport Of(
        ReadinessReader read, Deployment deployment, ReadinessExceptions exceptions, DateTimeOffset made) => new(
        deployment,
        [
            .. read.Counts.Usages.Select(usage => new ReadinessRow(
                usage,
                usage.Feature.In(deployment),
                Covers(exceptions.Allowed, usage.Feature),
                Covers(exceptions.Required, usage.Feature))),
        ])
        {
            Sources = read.Sources,
            Problems = AreGapsAllowed(exceptions) ? read.Problems : [.. read.Problems, .. read.Gaps],
            HasRecordings = read.HasRecordings,
            Made = made,
        };

    private static bool AreGapsAllowed(ReadinessExceptions exceptions) =>
        exceptions.Allowed.SelectMany(FeatureTable.Matching).Any(static feature => feature.Name == StoreFeatures.Gap);

    private static bool Covers(IReadOnlyList<string> patterns, Feature feature) =>
        patterns.Any(pattern => FeatureTable.Matching(pattern).Contains(feature));
}
