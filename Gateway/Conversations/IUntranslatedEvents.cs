namespace Gateway.Conversations;

/// <summary>
/// What a server behind the backend has sent that V0 has nothing for, counted. Registered by a backend that translates. Any thread.
/// </summary>
internal interface IUntranslatedEvents
{
    /// <summary>Bounded; the rest is in a row of its own. A copy.</summary>
    IReadOnlyList<UntranslatedKind> Snapshot();
}

/// <summary>One kind of them. Immutable.</summary>
/// <param name="Group">What it is a kind of: <c>event</c>, <c>action</c>, <c>observation</c> or <c>state</c>.</param>
/// <param name="Name">The server's word, as far as it is one.</param>
/// <param name="IsKnown">True when this version knows it and does not show it, on purpose.</param>
/// <param name="Count">How many since the process began.</param>
/// <param name="SampleId">The server's id of the newest of them; null when it had none.</param>
internal sealed record UntranslatedKind(string Group, string Name, bool IsKnown, long Count, string? SampleId);
