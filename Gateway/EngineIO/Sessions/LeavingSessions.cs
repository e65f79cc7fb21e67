namespace Gateway.EngineIO.Sessions;

/// <summary>Sessions whose clients a stopping process lets go at the same moment. Immutable.</summary>
/// <param name="Find">Which they are when the moment has come. Any thread.</param>
internal sealed record LeavingSessions(Func<IReadOnlyCollection<EngineSession>> Find)
{
    /// <summary>Cancelled when the moment is now, and not when its time has come.</summary>
    public CancellationToken Now { get; init; }

    /// <summary>How long what they have said may take to be handled; what comes next does not wait longer.</summary>
    public TimeSpan HandlersLimit { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>What is done when the sessions hear nothing more, and before their clients are told.</summary>
    public Func<CancellationToken, Task> BeforeEnd { get; init; } = static _ => Task.CompletedTask;

    /// <summary>A session by itself, which need not wait once it has ended.</summary>
    public static LeavingSessions Of(EngineSession session) => new(() => [session]) { Now = session.Closing };
}
