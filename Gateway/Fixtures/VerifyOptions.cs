namespace Gateway.Fixtures;

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
internal sealed record VerifyOptions(VerifyLevel Level, bool ReplayOnly, TimeSpan StepTimeout, int Jobs);
