using Gateway.Agents.V1.Rest;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Primitives;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Gives the conversation the title that V1 has made, and tells the room as V0 does. Where V1 tells it by itself it is taken at once; up to
/// 1.58 it tells it nowhere (PROTOCOL.md, "V1 REST"): it is asked after each connect and each turn, and until there is one for a while
/// after the first message. Where a server makes none the title is V0's own, from that message. Owned by the backend, which starts and
/// awaits <see cref="RunAsync"/>; its calls as an observer come from the connection's loop.
/// </summary>
internal sealed partial class TitleFollower(
    Guid conversation, UpstreamConnection connection, ConversationCalls calls, ITitleStore titles, V1Context context) : IBridgeObserver
{
    // A title takes a model's answer. The sum is how long one is waited for.
    private static readonly TimeSpan[] s_waits =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4),
        TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(15),
    ];

    private readonly AsyncSignal _changed = new();
    private readonly AsyncSignal _titleTold = new();

    // What the server has said by itself, or when it was connected to: not asked for again.
    private JObject? _told;

    // The server's title as it was seen last: only a change counts, so that a title given here meanwhile stays.
    private string? _seen;

    public void Connected(JObject info)
    {
        Volatile.Write(ref _told, info);
        _changed.Set();
    }

    public void TitleTold(string title)
    {
        Volatile.Write(ref _told, new JObject { ["title"] = title });
        _titleTold.Set();
        _changed.Set();
    }

    public void Taken(JObject v1Event)
    {
        // A title is in no event.
    }

    public void TurnChanged() => _changed.Set();

    /// <summary>Runs until cancelled. What fails is logged, and tried again with the next turn.</summary>
    public async Task RunAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        var firstMessage = new FirstMessageTitle(conversation.Log);
        while (true)
        {
            await _changed.WaitAsync(cancellationToken);
            try
            {
                await FollowAsync(conversation, firstMessage, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                Log.NotFollowed(context.Logger, exception, conversation.Key.Id);
            }
        }
    }

    private async ValueTask FollowAsync(
        IAgentConversation target, FirstMessageTitle firstMessage, CancellationToken cancellationToken)
    {
        foreach (var wait in s_waits)
        {
            if (wait > TimeSpan.Zero)
            {
                // A title that the server tells by itself comes at once. Many conversations may start together; their questions need not.
                await _titleTold.WaitAsync(Jitter.Around(wait), context.TimeProvider, cancellationToken);
            }

            var info = Interlocked.Exchange(ref _told, null) ?? await AskAsync(cancellationToken);
            if (ConversationReader.TitleOf(info) is { } title)
            {
                await TakeAsync(target, title, cancellationToken);
                return;
            }

            if (await firstMessage.FindAsync(cancellationToken) is null)
            {
                // Nobody has spoken: there is nothing to make a title of.
                return;
            }

            if (info is not null && !info.ContainsKey("title"))
            {
                break;
            }
        }

        if (await firstMessage.FindAsync(cancellationToken) is { } ownTitle)
        {
            await ShowAsync(target, ownTitle, onlyOverDefault: true, cancellationToken);
        }
    }

    private async ValueTask<JObject?> AskAsync(CancellationToken cancellationToken)
    {
        if (connection.Endpoint is not { } endpoint)
        {
            return null;
        }

        var found = await calls.FindAsync(endpoint, conversation, cancellationToken);
        return found.IsSuccess ? found.Object : null;
    }

    private async ValueTask TakeAsync(IAgentConversation target, string title, CancellationToken cancellationToken)
    {
        if (title != _seen)
        {
            await ShowAsync(target, title, onlyOverDefault: false, cancellationToken);
            _seen = title;
        }
    }

    private async ValueTask ShowAsync(IAgentConversation target, string title, bool onlyOverDefault, CancellationToken cancellationToken)
    {
        if (await titles.TrySetAsync(target.Key, title, onlyOverDefault, cancellationToken))
        {
            await target.NotifyAsync(TransientMessages.TitleUpdate(target.Key.Id, title), cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Conversation {ConversationId}: its title could not be kept.")]
        public static partial void NotFollowed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}

/// <summary>Makes each conversation's follower. Thread-safe; one for the process.</summary>
internal sealed class TitleFollowers(ConversationCalls calls, ITitleStore titles, V1Context context)
{
    public TitleFollower Create(Guid conversation, UpstreamConnection connection) =>
        new(conversation, connection, calls, titles, context);
}
