using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>A row of the <see cref="KindTable"/>: a word of V1's, and what V0's clients see of it. Immutable.</summary>
/// <param name="Name">As V1 writes it. With <c>*</c> at its end: every word that begins so.</param>
/// <param name="ShownAs">In the words of PROTOCOL.md's tables; for what is not shown, why.</param>
internal abstract record KindRow(string Name, string ShownAs);

/// <summary>The <c>kind</c> of an event.</summary>
/// <param name="Translate">Null: knowingly not shown.</param>
internal sealed record EventKind(string Name, string ShownAs, Action<EventTranslator, JObject>? Translate = null) : KindRow(Name, ShownAs);

/// <summary>The <c>key</c> of a <c>ConversationStateUpdateEvent</c>.</summary>
/// <param name="Translate">Null: knowingly not shown.</param>
internal sealed record StateKey(string Name, string ShownAs, Action<EventTranslator, JObject>? Translate = null) : KindRow(Name, ShownAs);

/// <summary>The <c>kind</c> of an <c>ActionEvent</c>'s action: what a tool was asked.</summary>
internal sealed record ActionKind(string Name, string ShownAs, Func<ToolCall, V0Action> Translate) : KindRow(Name, ShownAs);

/// <summary>The <c>kind</c> of an <c>ObservationEvent</c>'s observation: what a tool gave.</summary>
/// <param name="Answers">
/// The V0 action that such an observation answers, for one whose action was not seen; otherwise the action itself decides.
/// </param>
internal sealed record ObservationKind(string Name, string ShownAs, string Answers) : KindRow(Name, ShownAs);
