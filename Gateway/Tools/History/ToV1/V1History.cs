using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>A conversation's history as V1 keeps it. Immutable.</summary>
/// <param name="ConversationId">V1's id of it.</param>
/// <param name="Events">V1's log, in order.</param>
/// <param name="V0Ids">For each of them the V0 events that it stands for; several where V0 says a thing twice.</param>
/// <param name="Losses">What is not in it as V0 had it.</param>
internal sealed record V1History(
    Guid ConversationId, IReadOnlyList<JObject> Events, IReadOnlyList<IReadOnlyList<int>> V0Ids, LossList Losses);
