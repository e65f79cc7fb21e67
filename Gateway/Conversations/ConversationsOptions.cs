using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations;

/// <summary>What operators can set about conversations. Read once, at start.</summary>
internal sealed class ConversationsOptions
{
    public const string Section = "Conversations";

    /// <summary>The key clients must show; empty asks for none. V0's <c>SESSION_API_KEY</c>. A secret.</summary>
    public string SessionApiKey { get; set; } = "";

    /// <summary>Whether connecting to an unknown conversation creates it, as with V0.</summary>
    public bool CreateUnknown { get; set; } = true;

    /// <summary>The user all conversations belong to; empty for V0's layout without users (<c>sessions/</c>).</summary>
    public string UserId { get; set; } = "";

    /// <summary>
    /// Seconds that the first thing without an id waits for a client in the room. V0's <c>CLIENT_WAIT_TIMEOUT</c>, and its default.
    /// </summary>
    [Range(0, 86_400)]
    public double ClientWaitTimeoutSeconds { get; set; } = 30;

    /// <summary>How long a session without clients and without work stays open. V0 keeps it for an hour.</summary>
    public TimeSpan CloseDelay { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Sessions open at once for one user; the one idle for longest is closed for a new one. 0 is no limit.</summary>
    [Range(0, 1_000_000)]
    public int MaxConcurrentConversations { get; set; }

    /// <summary>Limit for opening a conversation, from CONNECT to the first replayed event.</summary>
    public TimeSpan OpenTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Replays the newest agent state after everything else, as V0 does, instead of just before the last event.</summary>
    public bool AgentStateLast { get; set; }

    /// <summary>Things without an id that one client, or a session without clients, keeps waiting; the oldest are dropped beyond it.</summary>
    [Range(1, 100_000)]
    public int MaxPendingNotices { get; set; } = 256;

    public TimeSpan ClientWaitTimeout => TimeSpan.FromSeconds(ClientWaitTimeoutSeconds);
}

/// <summary>The attribute checks of <see cref="ConversationsOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class ConversationsOptionsAttributeValidator : IValidateOptions<ConversationsOptions>;

/// <summary>The checks that attributes cannot say. Collects every failure.</summary>
internal sealed class ConversationsOptionsValidator : IValidateOptions<ConversationsOptions>
{
    public ValidateOptionsResult Validate(string? name, ConversationsOptions options)
    {
        var failures = new List<string>();
        if (options.CloseDelay <= TimeSpan.Zero)
        {
            failures.Add($"{ConversationsOptions.Section}:{nameof(options.CloseDelay)} must be positive.");
        }

        if (options.OpenTimeout <= TimeSpan.Zero || options.OpenTimeout > TimeSpan.FromSeconds(9))
        {
            failures.Add($"{ConversationsOptions.Section}:{nameof(options.OpenTimeout)} must be above 0 and at most 9 s: every connect is answered within 10 s.");
        }

        if (options.UserId.Length > 0 && !ConversationId.TryParse(options.UserId, out _))
        {
            failures.Add($"{ConversationsOptions.Section}:{nameof(options.UserId)} must be 1 to {ConversationId.MaxLength} of A-Z a-z 0-9 _ -.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
