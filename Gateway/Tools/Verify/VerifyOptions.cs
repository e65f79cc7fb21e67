using Gateway.Tools.Har;

namespace Gateway.Tools.Verify;

internal enum VerifyLevel
{
    /// <summary>What a client would notice.</summary>
    Meaning,

    /// <summary>Frame by frame.</summary>
    Exact,
}

/// <summary>How to verify.</summary>
/// <param name="StepTimeout">How long a step waits for what the target owes before it.</param>
/// <param name="ReplayOnly">Compare connect and replay alone; send no actions.</param>
/// <param name="Jobs">Fixtures at one time.</param>
internal sealed record VerifyOptions(VerifyLevel Level, bool ReplayOnly, TimeSpan StepTimeout, int Jobs)
{
    /// <summary>Enough for a target that has just started, on a busy machine.</summary>
    public static readonly TimeSpan PatientStepTimeout = TimeSpan.FromSeconds(10);

    /// <summary>REST calls are played in their place.</summary>
    public bool WithRest { get; init; } = true;

    /// <summary>The target's <c>session_api_key</c>; null: the recorded one.</summary>
    public string? Key { get; init; }

    /// <summary>Sent with every request, for what stands before the target.</summary>
    public IReadOnlyList<HarHeader> Headers { get; init; } = [];

    public bool PlaysRest => WithRest && !ReplayOnly;
}
