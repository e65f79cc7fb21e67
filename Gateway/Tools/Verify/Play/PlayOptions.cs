using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify.Play;

/// <summary>How fixtures are played.</summary>
/// <param name="StepTimeout">How long a step waits for what the target owes before it.</param>
internal sealed record PlayOptions(TimeSpan StepTimeout, bool ReplayOnly)
{
    /// <summary>REST calls are played as well.</summary>
    public bool WithRest { get; init; }

    /// <summary>REST calls keep the recorded pace: what they met was a limit of calls in a time.</summary>
    public bool KeepsPace { get; init; }

    public TargetCredentials Credentials { get; init; } = TargetCredentials.None;

    /// <summary>How long one GET is asked again while it is not answered as recorded.</summary>
    public TimeSpan RestCallPatience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many times as fast as recorded its steps follow; 0: each as soon as what it waits for has come.</summary>
    public double Speed { get; init; }

    /// <summary>Who is told how long things took; null for nobody.</summary>
    public IPlayMeasures? Measures { get; init; }

    /// <summary>The same for all GETs of a session together: after that, differences are not waited for.</summary>
    public TimeSpan RestPatience { get; init; } = TimeSpan.FromSeconds(8);
}

/// <summary>
/// What came of playing: the target's side of each connection, and the answers to requests of their own and to REST calls.
/// </summary>
internal sealed record PlayedSession(
    IReadOnlyDictionary<int, ConnectionView> Connections,
    IReadOnlyDictionary<int, IReadOnlyList<HttpOutcome>> Posts,
    IReadOnlyList<HttpOutcome> Requests,
    IReadOnlyList<RestOutcome> Rest,
    IReadOnlyDictionary<string, EventIdMap> Ids)
{
    /// <summary>REST calls that were not played, each with the reason.</summary>
    public IReadOnlyList<SkippedCall> Skipped { get; init; } = [];

    public static PlayedSession Empty { get; } = new(
        new Dictionary<int, ConnectionView>(), new Dictionary<int, IReadOnlyList<HttpOutcome>>(), [], [],
        new Dictionary<string, EventIdMap>());
}
