using System.Threading.Channels;

using Gateway.Conversations;
using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Recorded;

/// <summary>
/// Does again what a recorded server and its agent did: after each client's action that the recording shows it appends what was
/// appended then, and says what was said. Its own loop does the appending; the session and its clients post, from any thread.
/// </summary>
internal sealed partial class RecordedAgent(RecordedScript script, int life, TimeProvider clock, ILogger<RecordedAgent> logger) : IAgentBackend
{
    // The room may fill a moment later than it did: no client is connected by the signal of another.
    private static readonly TimeSpan s_roomWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_roomLook = TimeSpan.FromMilliseconds(10);

    private readonly RecordedProgress _progress = new(script, life);

    // One signal is as good as many: it means "look again".
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private volatile bool _busy;
    private int _missing;

    public bool IsBusy => _busy;

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
        while (_progress.Next(script.HistoryEnd(life)) is { Kind: StepKind.Append } step)
        {
            await AppendAsync(conversation, step, cancellationToken);
        }

        _progress.SkipNoticesOfEarlierLives();
        return BackendOpening.Ready;
    }

    public ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        _loop = RunAsync(conversation);
        _signals.Writer.TryWrite(true);
        return ValueTask.CompletedTask;
    }

    public ValueTask<ActionDisposition> AcceptAsync(UserAction action, CancellationToken cancellationToken)
    {
        // An action that comes before its turn is appended in its turn, so that the log is the recorded one.
        if (!_progress.Offer(action.Json))
        {
            return new(ActionDisposition.Store);
        }

        _signals.Writer.TryWrite(true);
        return new(ActionDisposition.Taken);
    }

    public ValueTask OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken)
    {
        _progress.Stored(storedEvent.Id, Parse(storedEvent));
        _signals.Writer.TryWrite(true);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _signals.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(IAgentConversation conversation)
    {
        try
        {
            while (await _signals.Reader.WaitToReadAsync(_stopping.Token))
            {
                _signals.Reader.TryRead(out _);
                _busy = true;
                while (_progress.Next(script.LifeEnd(life)) is { Kind: not StepKind.Wait } step)
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
        if (step.Notice is not { } notice)
        {
            await AppendAsync(conversation, step, _stopping.Token);
            return;
        }

        var started = clock.GetTimestamp();
        while (!IsRoomAsRecorded(conversation, notice) && clock.GetElapsedTime(started) < s_roomWait)
        {
            await Task.Delay(s_roomLook, clock, _stopping.Token);
        }

        // Waited for in vain once, the clients of the recording are not waited for again.
        _missing = Math.Max(_missing, notice.Joins - conversation.JoinCount);
        await conversation.NotifyAsync((JObject)notice.Json.DeepClone(), _stopping.Token);
    }

    private bool IsRoomAsRecorded(IAgentConversation conversation, RecordedNotice notice) =>
        conversation.JoinCount + _missing >= notice.Joins && conversation.ClientCount >= (_missing > 0 ? 1 : notice.Receivers);

    private async ValueTask AppendAsync(IAgentConversation conversation, RecordedStep step, CancellationToken cancellationToken)
    {
        var recorded = step.Event ?? throw new InvalidOperationException("A step that appends, without an event.");
        var draft = step.Action ?? _progress.Draft(recorded);
        _progress.Appended(recorded, await conversation.AppendAsync(draft, recorded.Source, cancellationToken));
    }

    private static JObject Parse(StoredEvent stored) => EventJsonReader.TryReadObject(stored.Json.Span, out var json) ? json : [];

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: the recorded agent has failed.")]
        public static partial void Failed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
