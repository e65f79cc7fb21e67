using System.ComponentModel.DataAnnotations;

using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations;

/// <summary>What operators can set about conversations. Read once, at start.</summary>
internal sealed class ConversationsOptions
{
    public const string Section = "Conversations";

    /// <summary>Whether connecting to an unknown conversation creates it, as with V0.</summary>
    public bool CreateUnknown { get; set; } = true;

    /// <summary>
    /// Whether a client may have several conversations on one connection, each in its namespace. False where a proxy decides by the
    /// <c>conversation_id</c> of a connection's query who may have which: it does not see what follows.
    /// </summary>
    public bool Namespaces { get; set; } = true;

    /// <summary>The user all conversations belong to; empty for V0's layout without users (<c>sessions/</c>).</summary>
    public string UserId { get; set; } = "";

    /// <summary>
    /// Seconds that the first thing without an id waits for a client in the room. V0's <c>CLIENT_WAIT_TIMEOUT</c>, and its default.
    /// </summary>
    [Range(0.0, 86_400.0)]
    public double ClientWaitTimeoutSeconds { get; set; } = 30;

    /// <summary>How long a session without clients and without work stays open; above 0. V0 keeps it for an hour.</summary>
    public TimeSpan CloseDelay { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Sessions open at once for one user; the one idle for longest is closed for a new one. 0 is no limit.</summary>
    [Range(0, 1_000_000)]
    public int MaxConcurrentConversations { get; set; }

    /// <summary>Clients of one conversation at once; 0 is no limit. One more is refused at its CONNECT.</summary>
    [Range(0, 10_000_000)]
    public int MaxClientsPerConversation { get; set; } = 10_000;

    /// <summary>Clients at once of one user whom the access policy names; 0 is no limit. One more is refused at its CONNECT.</summary>
    [Range(0, 10_000_000)]
    public int MaxClientsPerUser { get; set; } = 1_000;

    /// <summary>
    /// Actions that one client may send in a second, on average; 0 is no limit. One more is refused, and the client told.
    /// </summary>
    [Range(0.0, 1_000_000.0)]
    public double ActionsPerSecond { get; set; } = 1_000;

    /// <summary>Actions that one client may send at one time after a rest, where <see cref="ActionsPerSecond"/> is set.</summary>
    [Range(1, 10_000_000)]
    public int ActionBurst { get; set; } = 10_000;

    /// <summary>Limit for opening a conversation, from CONNECT to the first replayed event. Above 0, at most 9 s.</summary>
    public TimeSpan OpenTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// How long the first page of a conversation that REST has opened (V0's page does so before its socket comes) waits in memory for its
    /// client; 0 is not at all. At most 16 pages of about 1 MiB wait at once.
    /// </summary>
    public TimeSpan FirstPageTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Replays the newest agent state after everything else, as V0 does, instead of just before the last event.</summary>
    public bool AgentStateLast { get; set; }

    /// <summary>
    /// Things without an id that one client, or a session without clients, keeps waiting; the oldest are dropped beyond it.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxPendingTransientMessages { get; set; } = 256;

    /// <summary>Bytes of live events that all conversations together keep in memory for clients that are about to be sent them. What does
    /// not fit is read from the store for each client.</summary>
    [Range(0, int.MaxValue)]
    public int MaxRecentEventBytes { get; set; } = 64 * 1_024 * 1_024;

    /// <summary>Values (objects, arrays, texts, numbers) that one action of a client may hold. V0's own clients send a few dozen.</summary>
    [Range(100, 1_000_000)]
    public int MaxActionValues { get; set; } = 2_000;

    /// <summary>How deep the objects and arrays of one action may be nested. V0's own clients send three.</summary>
    [Range(8, 500)]
    public int MaxActionDepth { get; set; } = 64;

    public JsonLimits ActionLimits => new(MaxActionValues, MaxActionDepth);

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

        if (options.FirstPageTime < TimeSpan.Zero || options.FirstPageTime > TimeSpan.FromMinutes(10))
        {
            failures.Add($"{ConversationsOptions.Section}:{nameof(options.FirstPageTime)} must be 0 to 10 minutes.");
        }

        if (options.UserId.Length > 0 && !ConversationId.TryParse(options.UserId, out _))
        {
            failures.Add($"{ConversationsOptions.Section}:{nameof(options.UserId)} must be 1 to {ConversationId.MaxLength} of A-Z a-z 0-9 _ -.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
