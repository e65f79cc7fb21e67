using Newtonsoft.Json.Linq;

namespace Gateway.Conversations;

/// <summary>
/// The V0 server behind this one that has the conversations whose agent is elsewhere (<see cref="IAgentBackendFactory.IsElsewhere"/>).
/// Registered where there is one. It judges for itself, by what a request shows, and gets that as it came; callers have asked the access
/// policy before. Any thread.
/// </summary>
internal interface IConversationsElsewhere
{
    /// <summary>Passes a request on, and its answer back as it is. A server that is away is answered for, in V0's form.</summary>
    Task ForwardAsync(HttpContext context);

    /// <summary>
    /// What its list shows to whoever sent this request, as V0 shows it, the newest first; null when the server does not give it, which the
    /// log says. Ends by itself within seconds.
    /// </summary>
    ValueTask<IReadOnlyList<JObject>?> ListAsync(HttpContext context);

    /// <summary>One conversation likewise; null when the server does not know it, or does not answer.</summary>
    ValueTask<JObject?> FindAsync(ConversationId id, HttpContext context);
}
