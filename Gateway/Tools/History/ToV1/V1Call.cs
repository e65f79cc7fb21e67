using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>A V0 action as a call of one of V1's tools: the name of the tool, and the <c>action</c> object with its <c>kind</c>.</summary>
/// <param name="Tool">The tool's name.</param>
/// <param name="Action">What it is asked; empty for a call that could not be run.</param>
/// <param name="HasThought">The action has V0's thought in it, so that the event has none beside it.</param>
/// <param name="Loss">What becomes of it beside that; null: nothing.</param>
internal readonly record struct V1Call(string Tool, JObject Action, bool HasThought = false, HistoryLoss? Loss = null);
