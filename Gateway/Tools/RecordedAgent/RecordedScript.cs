using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.RecordedAgent;

/// <summary>One recorded event.</summary>
/// <param name="FromClient">A client sent it: it is waited for, not made.</param>
internal sealed record RecordedEvent(int Id, JObject Json, EventSource Source, bool FromClient)
{
    /// <summary>Nothing is known of it but that there was one.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>The message that the conversation was made with: the server may have written it, of a task or a picture.</summary>
    public bool IsFirstMessage { get; init; }

    /// <summary>A stored event, or a client's action, is this one.</summary>
    public bool Is(JObject other) =>
        IsFirstMessage ? other.TextOrNull("action") == "message" : RecordedScript.IsSame(Json, other);
}

/// <summary>Something without an id that the recorded server sent.</summary>
/// <param name="AfterId">It came after this event; -1: before all.</param>
/// <param name="Receivers">How many clients got it.</param>
/// <param name="Joins">How many clients had joined by then, in this life of the session: those who had left again did not get it.</param>
/// <param name="Life">The session's life in which it was sent, counted from 0.</param>
internal sealed record RecordedTransientMessage(int AfterId, JObject Json, int Receivers, int Joins, int Life)
{
    /// <summary>The title that it tells of; null when it is something else.</summary>
    public string? Title => Json.TextOrNull("conversation_title");
}

/// <summary>One life of a session: from its opening until it was stopped, or the server went down.</summary>
/// <param name="Restarts">How often the server had been restarted before.</param>
/// <param name="AfterId">The last event before a stop that began this life; null when no stop did.</param>
/// <param name="HistoryEnd">The highest id that its first client got by replay, or that was there when it began.</param>
internal sealed record RecordedLife(int Restarts, int? AfterId, int HistoryEnd);

/// <summary>
/// What the recorded server and its agent did in one conversation. Immutable; made by <see cref="RecordedScriptReader"/>.
/// </summary>
internal sealed record RecordedScript(IReadOnlyList<RecordedEvent> Events, IReadOnlyList<RecordedTransientMessage> TransientMessages,
    IReadOnlyList<RecordedLife> Lives)
{
    public static RecordedScript Empty { get; } = new([], [], [new RecordedLife(0, null, -1)]);

    /// <summary>
    /// The life that begins after so many restarts of the server and sessions of this process, where the log stands before the recorded
    /// <paramref name="nextId"/>.
    /// </summary>
    public int FindLife(int restarts, int earlierSessions, int nextId)
    {
        var found = 0;
        var sessions = 0;
        for (var life = 1; life < Lives.Count; life++)
        {
            if (Lives[life].Restarts < restarts || (Lives[life].Restarts == restarts && Lives[life].AfterId is null))
            {
                (found, sessions) = (life, 0);
            }
            else if (Lives[life].Restarts == restarts && Lives[life].AfterId < nextId && sessions < earlierSessions)
            {
                (found, sessions) = (life, sessions + 1);
            }
        }

        return found;
    }

    /// <summary>What is history when a life begins: its events are there before its first client.</summary>
    public int HistoryEnd(int life) => Lives[life].HistoryEnd;

    /// <summary>The last event of a life: what was stored by the stop, or is history for the next one's first client.</summary>
    public int LifeEnd(int life) => life + 1 < Lives.Count ? Lives[life + 1].AfterId ?? Lives[life + 1].HistoryEnd : int.MaxValue;

    /// <summary>
    /// A stored event, or a client's action, is this recorded one: the same kind, and no argument that both have differs.
    /// </summary>
    public static bool IsSame(JObject recorded, JObject other)
    {
        var kind = recorded["action"] is not null ? "action" : "observation";
        if (!JToken.DeepEquals(recorded[kind], other[kind]))
        {
            return false;
        }

        if (kind == "observation")
        {
            return JToken.DeepEquals(recorded["content"], other["content"])
                && (other["extras"] is not JObject extras
                    || JToken.DeepEquals(recorded["extras"].Member("agent_state"), extras["agent_state"]));
        }

        var (left, right) = (recorded["args"] as JObject ?? [], other["args"] as JObject ?? []);
        var shared = right.Properties().Where(argument => left.ContainsKey(argument.Name)).ToList();
        return (shared.Count > 0 || left.Count == 0)
            && shared.TrueForAll(argument => JToken.DeepEquals(left[argument.Name], argument.Value));
    }
}
