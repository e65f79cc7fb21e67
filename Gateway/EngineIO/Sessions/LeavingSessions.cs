namespace Gateway.EngineIO.Sessions;

/// <summary>Sessions whose clients a stopping process lets go at the same moment. Immutable.</summary>
/// <param name="Sessions">Those that have closed meanwhile do no harm.</param>
internal sealed record LeavingSessions(IReadOnlyList<EngineSession> Sessions)
{
    /// <summary>Cancelled when the moment is now, and not when its time has come.</summary>
    public CancellationToken Now { get; init; } = Sessions is [var alone] ? alone.Closing : CancellationToken.None;

    /// <summary>What is done when the sessions hear nothing more, and before their clients are told.</summary>
    public Func<CancellationToken, Task> BeforeEnd { get; init; } = static _ => Task.CompletedTask;
}
