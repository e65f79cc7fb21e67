using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// One thing a translation gives: an event to append, or a transient message without id. Ids are given on appending, so an event names the
/// action it answers by object; <see cref="Resolve"/> puts the id in. Used once, by one thread at a time.
/// </summary>
internal sealed record TranslationOutput : IEventDraft
{
    /// <summary>The event, or the transient message when <see cref="IsTransientMessage"/>.</summary>
    public required JObject Json { get; init; }

    public EventSource Source { get; init; }

    public bool IsTransientMessage { get; init; }

    /// <summary>
    /// The V1 event that this is shown for, whichever one comes when it is; empty for what the log does not say. A first announcement is
    /// of its action, a held state of its status.
    /// </summary>
    public string V1Id { get; init; } = "";

    /// <summary>As <see cref="StoredEvent.SourceId"/>: made of <see cref="V1Id"/>.</summary>
    public string? SourceId { get; set; }

    /// <summary>It says the agent's state.</summary>
    public bool IsState => Json.Text("observation") == "agent_state_changed";

    /// <summary>The action that this event is: it gets the id.</summary>
    public TrackedAction? Announces { get; init; }

    /// <summary>The action that this event answers: its id becomes the <c>cause</c>.</summary>
    public TrackedAction? Answers { get; init; }

    /// <summary>The id that it was appended under; -1 before.</summary>
    public int V0Id { get; private set; } = -1;

    /// <summary>The draft with its cause. Call it when all outputs before this one are appended.</summary>
    public JObject Resolve()
    {
        if (Answers is { V0Id: >= 0 } action)
        {
            Json.Remove("cause");
            Json.Property("observation", StringComparison.Ordinal)?.AddBeforeSelf(new JProperty("cause", action.V0Id));
        }

        return Json;
    }

    /// <summary>The draft is stored under this id.</summary>
    public void Appended(int id)
    {
        V0Id = id;
        if (Announces is not null)
        {
            Announces.V0Id = id;
        }
    }
}
