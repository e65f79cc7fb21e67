namespace Gateway.Tools.Shadow.Compare;

/// <summary>The server that is compared with V0. Any thread.</summary>
internal interface IShadowCandidate : IAsyncDisposable
{
    Uri Address { get; }

    /// <summary>
    /// Makes ready for what is to be asked: a candidate of ours gets what V0's store has by then. False when the store does not have it.
    /// </summary>
    /// <param name="throughId">The highest event that V0 has sent; -1 when none was.</param>
    ValueTask<bool> PrepareAsync(ComparisonJob job, int throughId, CancellationToken cancellationToken);
}

/// <summary>A candidate that somebody else runs.</summary>
internal sealed class CandidateAtAnAddress(Uri address) : IShadowCandidate
{
    public Uri Address { get; } = address;

    public ValueTask<bool> PrepareAsync(ComparisonJob job, int throughId, CancellationToken cancellationToken) => new(true);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
