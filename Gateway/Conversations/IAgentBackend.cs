using Gateway.Conversations.Events;
using Gateway.Conversations.Workspaces;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations;

/// <summary>
/// Who answers in a conversation. One instance for each open session, which owns it. Calls come from several threads:
/// <see cref="OpenAsync"/> first, and then <see cref="StartAsync"/>, once each; <see cref="AcceptAsync"/> after the start has ended, from
/// the clients, several at a time; <see cref="OnStoredAsync"/> from the session's loop, one at a time, in the order of the log;
/// <see cref="IAsyncDisposable.DisposeAsync"/> once, last, from the session's loop. A call that ran into its time limit is given up and not
/// stopped: it may still be under way when the next one comes, disposal included, and a client's <see cref="AcceptAsync"/> as well. What a
/// call throws harms that call alone: the client, or the room, is told.
/// </summary>
internal interface IAgentBackend : IAsyncDisposable
{
    /// <summary>
    /// The session opens. What is appended before this completes is history: the first client gets it by replay. A refusal
    /// answers the client's CONNECT and closes the session. <paramref name="cancellationToken"/> fires when the opening takes too long.
    /// </summary>
    ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken) => new(BackendOpening.Ready);

    /// <summary>
    /// The session runs: what is appended from now on reaches clients live. Called once, after <see cref="OpenAsync"/> and before anything
    /// else; long work goes to a loop of the backend's own, which <see cref="IAsyncDisposable.DisposeAsync"/> ends.
    /// </summary>
    ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken);

    /// <summary>A client's action passed all checks and is about to be stored. The answer says who stores it, if anyone.</summary>
    ValueTask<ActionDisposition> AcceptAsync(UserAction action, CancellationToken cancellationToken) => new(ActionDisposition.Store);

    /// <summary>
    /// An action or observation of a client is stored, as <paramref name="storedEvent"/>, whose bytes stay. The session's loop waits for
    /// this, and the client's next action comes after it; so this must not wait for the loop: appends and messages come from a loop of the
    /// backend's own. False when too much waits for the agent already: the event stays, nothing comes of it, and the room is told so.
    /// </summary>
    ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken);

    /// <summary>A client has entered the room. Called by the session's loop, which must not wait.</summary>
    /// <param name="hadWaiting">Things without an id had waited for it, as for the first client.</param>
    void OnJoined(bool hadWaiting)
    {
        // Most need not know.
    }

    /// <summary>True while the backend has work under way: its session is not closed as idle. Any thread.</summary>
    bool IsBusy { get; }

    /// <summary>True when the backend gives the conversation its title: none is made of the first user message then.</summary>
    bool NamesConversation => false;

    /// <summary>
    /// True when every action of a client's is simply stored (<see cref="AcceptAsync"/> is <see cref="ActionDisposition.Store"/>): then any
    /// gateway may store one, and <see cref="OnStoredAsync"/> tells of it where the agent is. Never changes.
    /// </summary>
    bool HearsFromLog => false;

    /// <summary>True when the backend alone says what state its agent is in: none is stored for it when the session is stopped.</summary>
    bool OwnsAgentState => false;

    /// <summary>
    /// Where the connection to a server behind the backend stands (CONNECTING, OPEN, CLOSING, CLOSED); null for a backend without one. Any
    /// thread.
    /// </summary>
    string? UpstreamState => null;

    /// <summary>The same connection for operators, in full; null for a backend without one. Any thread.</summary>
    UpstreamStatus? UpstreamStatus => null;

    /// <summary>False while the conversation's agent is at another gateway. Any thread.</summary>
    bool IsHere => true;
}

/// <summary>Makes the backend of a session. Thread-safe.</summary>
internal interface IAgentBackendFactory
{
    /// <summary>Whose conversations these are: <c>V0</c> or <c>V1</c>.</summary>
    string Version => "V0";

    /// <summary>
    /// True when a server behind the backend says which conversations there are: the store's not knowing one is no reason to refuse it, and
    /// it becomes known once its backend has opened.
    /// </summary>
    bool BackendOwnsConversations => false;

    /// <summary>The conversations of that server as wholes; null where there is no such server.</summary>
    IBackendConversations? Conversations => null;

    /// <summary>The one spelling of an id that can be written in several ways; any two of them are one conversation.</summary>
    ConversationId Canonical(ConversationId id) => id;

    /// <summary>True when the conversation is served by another server, which is behind this one: nothing of it is stored here.</summary>
    bool IsElsewhere => false;

    /// <summary>
    /// Who answers in a conversation, where that is not the same for all (docs/canary.md). Any other backend answers in all.
    /// </summary>
    /// <param name="metadata">What is stored of it, or what the server behind the backend says; null when nobody knows it.</param>
    IAgentBackendFactory Of(JObject? metadata) => this;

    /// <summary>The same for one that is being made; its id decides, and who asks for it.</summary>
    /// <param name="request">Null where no request asks for it.</param>
    IAgentBackendFactory Choose(ConversationKey key, HttpRequest? request) => this;

    IAgentBackend Create(ConversationKey key);

    /// <summary>
    /// The files that the conversation's agent works on, open or not; null when the backend has none of its own. Costs nothing: whether the
    /// conversation is there shows when the workspace is asked.
    /// </summary>
    IWorkspace? WorkspaceOf(ConversationKey key) => null;
}

/// <summary>Whether a backend takes the conversation. A refusal is V0's text for the client (<c>Failed to join conversation</c>).</summary>
internal readonly record struct BackendOpening(string? Refusal = null)
{
    public static BackendOpening Ready => default;

    public static BackendOpening Refused(string message) => new(message);
}

/// <summary>
/// A client's action after checks and legacy rewrites: <c>action</c>/<c>observation</c>, <c>args</c>/<c>extras</c>; no id, source or
/// timestamp yet.
/// </summary>
internal sealed record UserAction(JObject Json);

/// <summary>What becomes of a client's action.</summary>
/// <param name="Refusal">When not null the action is neither stored nor done; the sender is told this.</param>
internal readonly record struct ActionDisposition(bool StoredBySession, string? Refusal = null)
{
    /// <summary>The session stores it, then shows it to the room and to <see cref="IAgentBackend.OnStoredAsync"/>.</summary>
    public static ActionDisposition Store => new(true);

    /// <summary>The backend has taken it, and appends it itself when its own log shows it.</summary>
    public static ActionDisposition Taken => new(false);

    public static ActionDisposition Refuse(string message) => new(false, message);
}

/// <summary>What a backend may do with its conversation. Any thread; calls are queued to the session's loop and done in order.</summary>
internal interface IAgentConversation
{
    ConversationKey Key { get; }

    /// <summary>The log, for reading.</summary>
    Storage.IEventLog Log { get; }

    /// <summary>
    /// Appends an event: <paramref name="draft"/> without id; timestamp and message are made when absent, <paramref name="source"/> is set.
    /// Completes with the id once stored. Throws <see cref="OperationCanceledException"/> when the session closes first.
    /// </summary>
    ValueTask<int> AppendAsync(JObject draft, EventSource source, CancellationToken cancellationToken);

    /// <summary>
    /// Appends several events, one after another and with nothing between them: far cheaper than as many calls. Completes when all are
    /// stored, and throws as for one; then some of them may be stored, from the first on.
    /// </summary>
    async ValueTask AppendAsync(IReadOnlyList<IEventDraft> drafts, CancellationToken cancellationToken)
    {
        foreach (var draft in drafts)
        {
            draft.Appended(await AppendAsync(draft.Resolve(), draft.Source, cancellationToken));
        }
    }

    /// <summary>
    /// Shows something that has no id (a status update, an error) to those in the room now, after what was appended before it.
    /// </summary>
    ValueTask NotifyAsync(JObject transientMessage, CancellationToken cancellationToken);

    /// <summary>
    /// The conversation is gone where its agent is: the session closes, and its clients are disconnected, as when it is deleted.
    /// </summary>
    void Close();

    /// <summary>V0's routes have started the session, and no client's connect.</summary>
    bool IsStartedByServer { get; }

    /// <summary>Clients in the room now.</summary>
    int ClientCount { get; }

    /// <summary>How often a client has entered the room since the session opened.</summary>
    int JoinCount { get; }
}
