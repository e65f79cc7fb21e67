namespace Gateway.Tools.History.ToV1;

/// <summary>A row of the <see cref="CarriedKinds"/>: a word of V0's, and what carries it in V1. Immutable.</summary>
/// <param name="CarriedAs">In the words of docs/history.md.</param>
internal abstract record CarriedKind(string Name, string CarriedAs);

/// <summary>An <c>action</c> of V0's that calls a tool.</summary>
internal sealed record CarriedCall(string Name, string CarriedAs, Func<V0Call, V1Call> Translate) : CarriedKind(Name, CarriedAs);

/// <summary>An <c>observation</c> of V0's that is the result of a call.</summary>
internal sealed record CarriedResult(string Name, string CarriedAs, Func<V0Result, ObservationDraft> Translate)
    : CarriedKind(Name, CarriedAs);

/// <summary>Anything else, which the <see cref="HistoryTranslator"/> itself knows what to do with.</summary>
internal sealed record CarriedOther(string Name, string CarriedAs) : CarriedKind(Name, CarriedAs);
