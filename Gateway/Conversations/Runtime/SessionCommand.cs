using System.Diagnostics;
using System.Threading.Channels;

using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>What others ask of a session's loop. Done in the order in which they were posted.</summary>
internal abstract record SessionCommand
{
    /// <summary>Store an event and show it. The result is its id.</summary>
    /// <param name="ByClient">A client's action: the backend is told of it.</param>
    internal sealed record Append(JObject Draft, EventSource Source, bool ByClient) : SessionCommand, IEventDraft
    {
        public TaskCompletionSource<int> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>As <see cref="Stopwatch.GetTimestamp"/>.</summary>
        public long PostedAt { get; } = Stopwatch.GetTimestamp();

        /// <summary>The trace of who asks.</summary>
        public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

        JObject IEventDraft.Resolve() => Draft;

        void IEventDraft.Appended(int id)
        {
            // Nobody names it.
        }

        /// <summary>This one and those of the same kind that wait right behind it.</summary>
        public IReadOnlyList<Append> WithThoseBehind(ChannelReader<SessionCommand> commands, int max)
        {
            List<Append> appends = [this];
            while (appends.Count < max && commands.TryPeek(out var next) && next is Append append && append.ByClient == ByClient
                && commands.TryRead(out _))
            {
                appends.Add(append);
            }

            return appends;
        }
    }

    /// <summary>Store several events of the backend's and show them, with nothing between them.</summary>
    internal sealed record AppendAll(IReadOnlyList<IEventDraft> Drafts) : SessionCommand
    {
        public TaskCompletionSource Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The trace of who asks.</summary>
        public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;
    }

    /// <summary>Show something without an id.</summary>
    internal sealed record Notify(JObject Json) : SessionCommand;

    /// <summary>Show something without an id that another gateway has shown after this event.</summary>
    /// <param name="Waits">Nobody was in the room there so far: it waits for the first client.</param>
    internal sealed record Show(JObject Json, int AfterId, bool Waits) : SessionCommand;

    /// <summary>The first client has come to another gateway, or has come there too.</summary>
    internal sealed record JoinedElsewhere : SessionCommand;

    /// <summary>A client's CONNECT was answered.</summary>
    internal sealed record Join(Cursor Cursor) : SessionCommand;

    /// <summary>A client has gone.</summary>
    internal sealed record Leave(Cursor Cursor) : SessionCommand;

    /// <summary>Another process has appended to the log: members look again.</summary>
    internal sealed record LogGrown : SessionCommand;

    /// <summary>The agent is here now and was told of clients' actions through this event; null: it is here no longer.</summary>
    internal sealed record Follow(int? AfterId) : SessionCommand;

    /// <summary>The first thing without an id has waited long enough.</summary>
    internal sealed record FirstWaitOver : SessionCommand;

    /// <summary>Nobody has been here for a while.</summary>
    internal sealed record CloseIfIdle : SessionCommand;

    /// <summary>End the session.</summary>
    internal sealed record Close(SessionCloseReason Reason) : SessionCommand;
}

/// <summary>Why a session ended.</summary>
internal enum SessionCloseReason
{
    /// <summary>No client and no work for the close delay.</summary>
    Idle,

    /// <summary>The user has opened more conversations than allowed, and this one was used least recently.</summary>
    TooManyConversations,

    /// <summary>The backend refused the conversation.</summary>
    Refused,

    /// <summary>Somebody asked for it, as with V0's stop route.</summary>
    Stopped,

    /// <summary>The conversation is deleted.</summary>
    Deleted,

    /// <summary>The process is stopping.</summary>
    ServerShutdown,
}
