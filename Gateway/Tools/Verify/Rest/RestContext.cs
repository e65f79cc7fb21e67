namespace Gateway.Tools.Verify.Rest;

/// <summary>A recording's REST calls and what its store held before them. Immutable.</summary>
/// <param name="HasWorkspace">The target's workspace was made as the recorded server's was.</param>
internal sealed record RestContext(IReadOnlyList<RestCall> Calls, KnownStore Store, bool HasWorkspace)
{
    /// <summary>Conversations that the recorded server stopped to make room for others.</summary>
    public IReadOnlyCollection<string> StoppedForRoom { get; init; } = [];

    /// <summary>When a target with a clock of its own was asked; null for one that runs at the time of the recording.</summary>
    public DateTimeOffset? TargetTime { get; init; }

    /// <summary>The calls that were begun before that one, the last first.</summary>
    public IEnumerable<RestCall> Before(RestCall call) => Calls.Where(other => other.Number < call.Number).Reverse();

    public IEnumerable<RestCall> After(RestCall call) => Calls.Where(other => other.Number > call.Number);
}
