namespace Gateway.Tools.Shadow;

/// <summary>What is kept of V0's traffic for comparing, at most. Immutable.</summary>
internal sealed record ShadowLimits
{
    /// <summary>Bytes of copies that wait to be read.</summary>
    public long MaxWaitingBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes of all sessions and answers that are kept.</summary>
    public long MaxKeptBytes { get; init; } = 96 * 1024 * 1024;

    /// <summary>Bytes of one session.</summary>
    public long MaxSessionBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes of one message or body.</summary>
    public int MaxMessage { get; init; } = 4 * 1024 * 1024;

    /// <summary>Sessions by polling that are followed at one time.</summary>
    public int MaxSessions { get; init; } = 20_000;

    /// <summary>Comparisons that wait.</summary>
    public int MaxComparisons { get; init; } = 512;

    /// <summary>Comparisons at one time.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>For all of it together, in proportion.</summary>
    public static ShadowLimits Of(int mebibytes)
    {
        var bytes = mebibytes * 1024L * 1024;
        return new ShadowLimits
        {
            MaxWaitingBytes = bytes / 4,
            MaxKeptBytes = bytes * 3 / 4,
            MaxSessionBytes = bytes / 4,
            MaxMessage = (int)Math.Min(bytes / 16, 16 * 1024 * 1024),
        };
    }
}
