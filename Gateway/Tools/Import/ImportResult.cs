namespace Gateway.Tools.Import;

/// <summary>What became of an import. Immutable.</summary>
/// <param name="Problem">Why nothing was written; null when all was.</param>
/// <param name="ConversationId">The conversation that was made.</param>
/// <param name="Events">How many events it has.</param>
/// <param name="Remarks">What was found odd, and what was made of it: a sentence each.</param>
internal sealed record ImportResult(string? Problem, string ConversationId, int Events, IReadOnlyList<string> Remarks)
{
    public static ImportResult Refused(string problem) => new(problem, "", 0, []);
}
