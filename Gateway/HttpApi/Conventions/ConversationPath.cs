namespace Gateway.HttpApi.Conventions;

/// <summary>
/// The id in a conversation's path, with V0's refusals of what can be none. Pure. Source: PROTOCOL.md, "V0 conversations".
/// </summary>
internal static class ConversationPath
{
    private const int MaxLength = 100;

    /// <summary>The answer to an id that V0 refuses by its form; null for every other.</summary>
    public static ApiAnswer? FindRefusal(string id) => id switch
    {
        // A coded slash is no part of a name: V0 has no route for it.
        _ when id.Contains("%2f", StringComparison.OrdinalIgnoreCase) => ApiAnswer.NotFound,
        _ when id.EnumerateRunes().Count() > MaxLength => Refuse("is too long"),
        _ when id.Contains('\0', StringComparison.Ordinal) => Refuse("contains invalid characters"),
        _ when id.Contains("..", StringComparison.Ordinal) || id.Contains('\\', StringComparison.Ordinal) =>
            Refuse("contains invalid path characters"),
        _ when id.Any(static c => c < ' ') => Refuse("contains control characters"),
        _ => null,
    };

    private static ApiAnswer Refuse(string why) => ApiAnswer.Detail(StatusCodes.Status400BadRequest, $"Conversation ID {why}");
}
