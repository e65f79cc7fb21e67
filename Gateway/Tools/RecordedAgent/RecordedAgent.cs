using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Primitives;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.RecordedAgent;

/// <summary>
/// Does again what a recorded server and its agent did: after each client's action that the recording shows it appends what was
/// appended then, and says what was said. Its own loop does the appending; the session and its clients post, from any thread.
/// </summary>
/// <param name="restarts">How often the server was restarted before this process.</param>
/// <param name="earlierSessions">How many sessions the conversation has had in this process.</param>
/// <param name="roomWait">The room may fill later than it did: no client is connected by the signal of another.</param>
/// <param name="rename">Gives a conversation the title that the recorded model made.</param>
internal sealed partial class RecordedAgent(
    RecordedScript script,
    int restarts,
    int earlierSessions,
    TimeSpan roomWait,
    Func<ConversationKey, string, CancellationToken, ValueTask<bool>> rename,
    TimeProvider timeProvider,
    ILogger<RecordedAgent> logger) : IAgentBackend
{
    private static readonly TimeSpan s_roomLook = TimeSpan.FromMilliseconds(10);

    private readonly RecordedProgress _progress = new(script);

    private readonly AsyncSignal _signal = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private volatile bool _busy;
    private int _life;
    private int _missing;

    public bool IsBusy => _busy;

    // The recording says what title its model made, and when.
    public bool NamesConversation => true;

    public async ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        for (var from = 0; from <= conversation.Log.Head;)
        {
            using var page = await conversation.Log.ReadAsync(from, conversation.Log.Head, cancellationToken);
            foreach (var stored in page.Events)
            {
                _progress.Align(stored.Id, Parse(stored));
            }

            from = page.NextId;
        }

        // What the first client got by replay was there before it came.
        _life = script.FindLife(restarts, earlierSessions, _progress.NextId);
        while (_progress.NextOfHistory(_life) is { Kind: StepKind.Append } step)
        {
            await AppendAsync(conversation, step, cancellationToken);
        }

        _progress.SkipTransientMessagesBefore(_life);
        return BackendOpening.Ready;
    }

    public ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        _loop = RunAsync(conversation);
        _signal.Set();
        return ValueTask.CompletedTask;
    }

    public ValueTask<ActionDisposition> AcceptAsync(UserAction action, CancellationToken cancellationToken)
    {
        // An action that comes before its turn is appended in its turn, so that the log is the recorded one.
        if (!_progress.Add(action.Json))
        {
            return new(ActionDisposition.Store);
        }

        _signal.Set();
        return new(ActionDisposition.Taken);
    }

    public ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken)
    {
        _progress.Stored(storedEvent.Id, Parse(storedEvent));
        _signal.Set();
        return ValueTask.FromResult(true);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(IAgentConversation conversation)
    {
        try
        {
            while (true)
            {
                await _signal.WaitAsync(_stopping.Token);
                _busy = true;
                while (_progress.Next(_life) is { Kind: not StepKind.Wait } step)
                {
                    await DoAsync(conversation, step);
                }

                _busy = false;
            }
        }
        catch (OperationCanceledException)
        {
            // The session closes.
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, conversation.Key.Id);
        }
        finally
        {
            _busy = false;
        }
    }

    private async ValueTask DoAsync(IAgentConversation conversation, RecordedStep step)
    {
        if (step.TransientMessage is not { } transientMessage)
        {
            await AppendAsync(conversation, step, _stopping.Token);
            return;
        }

        var started = timeProvider.GetTimestamp();
        while (!IsRoomAsRecorded(conversation, transientMessage) && timeProvider.GetElapsedTime(started) < roomWait)
        {
            await Task.Delay(s_roomLook, timeProvider, _stopping.Token);
        }

        // Waited for in vain once, the clients of the recording are not waited for again.
        _missing = Math.Max(_missing, transientMessage.Joins - conversation.JoinCount);
        if (transientMessage.Title is { } title && await rename(conversation.Key, title, _stopping.Token))
        {
            // The room is told with it, in the live conversation's name.
            return;
        }

        await conversation.NotifyAsync((JObject)transientMessage.Json.DeepClone(), _stopping.Token);
    }

    private bool IsRoomAsRecorded(IAgentConversation conversation, RecordedTransientMessage transientMessage) =>
        conversation.JoinCount + _missing >= transientMessage.Joins
            && conversation.ClientCount >= (_missing > 0 ? 1 : transientMessage.Receivers);

    private async ValueTask AppendAsync(IAgentConversation conversation, RecordedStep step, CancellationToken cancellationToken)
    {
        var recorded = step.Event ?? throw new InvalidOperationException("A step that appends, without an event.");
        var draft = step.Action ?? _progress.Draft(recorded);
        _progress.Appended(recorded, await conversation.AppendAsync(draft, recorded.Source, cancellationToken));
    }

    private static JObject Parse(StoredEvent stored) => JsonTree.TryReadObject(stored.Json.Span, out var json) ? json : [];

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: the recorded agent has failed.")]
        public static partial void Failed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
