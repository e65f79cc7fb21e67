using System.Diagnostics.CodeAnalysis;

namespace Gateway.Conversations;

/// <summary>
/// A conversation's id: 1 to 128 of <c>A-Z a-z 0-9 _ -</c>, and so safe as a file name. V0 takes any text and writes outside
/// its store (recording <c>refusals</c>); every id that comes from outside passes <see cref="TryParse"/>.
/// </summary>
internal readonly record struct ConversationId
{
    public const int MaxLength = 128;

    private readonly string? _value;

    private ConversationId(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("A conversation id that was never parsed.");

    public static bool TryParse([NotNullWhen(true)] string? text, out ConversationId id)
    {
        if (text is not { Length: > 0 and <= MaxLength } || !text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            id = default;
            return false;
        }

        id = new ConversationId(text);
        return true;
    }

    /// <summary>As V0 makes its ids: 32 hexadecimal digits.</summary>
    public static ConversationId NewRandom() => new(Guid.NewGuid().ToString("N"));

    public override string ToString() => _value ?? "";
}

/// <summary>Where a conversation lives: of a user (<c>users/{user}/conversations/{id}</c>) or, without one, <c>sessions/{id}</c>.</summary>
/// <param name="UserId">Follows the rule of <see cref="ConversationId"/>; null for a server without users, as V0 runs by default.</param>
internal readonly record struct ConversationKey(ConversationId Id, ConversationId? UserId = null);
