namespace Gateway.Agents.V1.Upstream;

/// <summary>How far one turn of a connection got.</summary>
internal enum TurnOutcome
{
    /// <summary>The server was not reached.</summary>
    Failed,

    /// <summary>It knows the conversation, and its socket gave nothing.</summary>
    Answered,
    Worked,
}

/// <summary>How a turn of a connection ended.</summary>
/// <param name="Next">When the next one begins; null: after a rest.</param>
/// <param name="Final">Why there is none.</param>
/// <param name="IsRefused">The server does not serve the conversation for now.</param>
internal readonly record struct Turn(NextTry? Next, TurnOutcome Outcome, string? Final = null, bool IsRefused = false)
{
    public static Turn Rest => new(null, TurnOutcome.Worked);

    public static Turn Refused => new(null, TurnOutcome.Answered, IsRefused: true);

    public static Turn Over(string reason) => new(null, TurnOutcome.Failed, reason);
}
