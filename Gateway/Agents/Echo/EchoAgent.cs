using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Echo;

/// <summary>
/// A small scripted agent, for trying Gateway out without a model: on a user message it runs, thinks, runs a made-up command,
/// answers and waits. It honours stop, pause and resume between its steps. Its own loop owns its state; the session only posts.
/// </summary>
internal sealed partial class EchoAgent : IAgentBackend
{
    // Of messages, and of changes of state. Past it an action is stored and not done, and the room is told so.
    private const int MaxWaiting = 256;

    private readonly EchoOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<EchoAgent> _logger;
    private readonly Channel<StoredEvent> _inbox = Channel.CreateBounded<StoredEvent>(
        new BoundedChannelOptions(2 * MaxWaiting) { SingleReader = true });

    private readonly CancellationTokenSource _closing = new();

    // Kept apart from its source: a start that took too long may end when the source is disposed.
    private readonly CancellationToken _stopping;
    private readonly Queue<string> _messages = [];
    private Task _loop = Task.CompletedTask;
    private string _state = "loading";
    private int _waitingMessages;
    private volatile bool _isWorking;

    public EchoAgent(EchoOptions options, TimeProvider timeProvider, ILogger<EchoAgent> logger)
    {
        _options = options;
        _timeProvider = timeProvider;
        _logger = logger;
        _stopping = _closing.Token;
    }

    public bool IsBusy => _isWorking || _inbox.Reader.Count > 0;

    public bool HearsFromLog => true;

    public async ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        try
        {
            await ShowStartAsync(conversation, cancellationToken);
        }
        finally
        {
            // Also when the store has failed: what clients ask for once it is back is done.
            _loop = RunAsync(conversation);
        }
    }

    public ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken)
    {
        var isMessage = storedEvent.Header.Kind is EventKind.MessageAction;
        if (!isMessage && storedEvent.Header.Kind is not EventKind.ChangeAgentStateAction)
        {
            return ValueTask.FromResult(true);
        }

        if ((isMessage && Volatile.Read(ref _waitingMessages) >= MaxWaiting) || !_inbox.Writer.TryWrite(storedEvent))
        {
            return ValueTask.FromResult(false);
        }

        if (isMessage)
        {
            Interlocked.Increment(ref _waitingMessages);
        }

        return ValueTask.FromResult(true);
    }

    public async ValueTask DisposeAsync()
    {
        _inbox.Writer.TryComplete();
        await _closing.CancelAsync();
        await _loop;
        _closing.Dispose();
    }

    private async ValueTask ShowStartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        var isNew = conversation.Log.Head < 0;
        await SetStateAsync(conversation, "loading", cancellationToken);
        await conversation.NotifyAsync(Status("STATUS$STARTING_RUNTIME"), cancellationToken);
        if (isNew)
        {
            await conversation.AppendAsync(EchoScript.System(), EventSource.Agent, cancellationToken);
        }

        await conversation.NotifyAsync(Status("STATUS$READY"), cancellationToken);
        await conversation.AppendAsync(
            EchoScript.ChangeAgentState("awaiting_user_input"), EventSource.Environment, cancellationToken);
        await SetStateAsync(conversation, "awaiting_user_input", cancellationToken);
    }

    private async Task RunAsync(IAgentConversation conversation)
    {
        try
        {
            while (await _inbox.Reader.WaitToReadAsync(_stopping))
            {
                // Before anything is taken out: between the two the session would look idle.
                _isWorking = true;
                while (await TryStepAsync(conversation))
                {
                    // One turn after the other, as long as there are messages and nobody pauses.
                }

                _isWorking = _messages.Count > 0;
            }
        }
        catch (OperationCanceledException)
        {
            // The session closes.
        }
        finally
        {
            _isWorking = false;
        }
    }

    /// <summary>
    /// Reads what clients have asked for and does one turn; false when there is none to do. A turn that fails ends alone.
    /// </summary>
    private async ValueTask<bool> TryStepAsync(IAgentConversation conversation)
    {
        try
        {
            await ReadCommandsAsync(conversation);
            if (_state is "paused" || !TryTakeMessage(out var message))
            {
                return false;
            }

            await DoTurnAsync(conversation, message);
        }
        catch (StorageException exception) when (exception.IsSaid || exception.Failure == StorageFailure.TakenOver)
        {
            Log.TurnEnded(_logger, conversation.Key.Id, SmallWords.Of(exception.Failure));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.TurnFailed(_logger, exception, conversation.Key.Id);
            _state = "error";
            await conversation.NotifyAsync(EchoScript.Error("The agent's turn has failed; please send the message again."), _stopping);
        }

        return true;
    }

    private bool TryTakeMessage([NotNullWhen(true)] out string? message)
    {
        var isTaken = _messages.TryDequeue(out message);
        if (isTaken)
        {
            Interlocked.Decrement(ref _waitingMessages);
        }

        return isTaken;
    }

    private void DropMessages()
    {
        Interlocked.Add(ref _waitingMessages, -_messages.Count);
        _messages.Clear();
    }

    private async ValueTask DoTurnAsync(IAgentConversation conversation, string message)
    {
        await SetStateAsync(conversation, "running", _stopping);
        var previous = -1;
        int? pending = null;
        foreach (var step in EchoScript.Turn(message))
        {
            await Task.Delay(_options.StepDelay, _timeProvider, _stopping);
            await ReadCommandsAsync(conversation);
            while (_state is "paused" && await _inbox.Reader.WaitToReadAsync(_stopping))
            {
                await ReadCommandsAsync(conversation);
            }

            if (_state is not "running")
            {
                await AbandonAsync(conversation, pending);
                return;
            }

            if (step.AnswersPrevious)
            {
                step.Draft["cause"] = previous;
            }

            previous = await conversation.AppendAsync(step.Draft, step.Source, _stopping);
            pending = step.Draft["action"]?.Value<string>() is "run" ? previous : null;
        }

        await SetStateAsync(conversation, "awaiting_user_input", _stopping);
    }

    /// <summary>V0's order: the error of the action under way, then the new state.</summary>
    private async ValueTask AbandonAsync(IAgentConversation conversation, int? pending)
    {
        if (pending is { } cause)
        {
            await conversation.AppendAsync(EchoScript.NotExecuted(cause), EventSource.Agent, _stopping);
        }

        await SetStateAsync(conversation, _state, _stopping, evenIfSame: true);
    }

    /// <summary>Takes what clients have asked for since: messages queue up, a state is taken at once.</summary>
    private async ValueTask ReadCommandsAsync(IAgentConversation conversation)
    {
        while (_inbox.Reader.TryRead(out var stored))
        {
            var args = JsonTree.TryReadObject(stored.Json.Span, out var json) ? json["args"] : null;
            if (stored.Header.Kind is EventKind.MessageAction)
            {
                _messages.Enqueue(args?["content"]?.Value<string>() ?? "");
                if (_state is "paused")
                {
                    // As with V0: who speaks to a paused agent wants it to go on.
                    await SetStateAsync(conversation, "running", _stopping);
                }

                continue;
            }

            switch (args?["agent_state"]?.Value<string>())
            {
                case "stopped" when _state is "running":
                    // Said by the turn that is under way, after the error of its action.
                    _state = "stopped";
                    DropMessages();
                    break;
                case "stopped":
                    DropMessages();
                    await SetStateAsync(conversation, "stopped", _stopping);
                    break;
                case ("paused" or "running") and var state:
                    await SetStateAsync(conversation, state, _stopping);
                    break;
            }
        }
    }

    /// <summary>Setting the state it is in already says nothing, as with V0.</summary>
    private async ValueTask SetStateAsync(
        IAgentConversation conversation, string state, CancellationToken cancellationToken, bool evenIfSame = false)
    {
        if (_state != state || evenIfSame || state is "loading")
        {
            _state = state;
            await conversation.AppendAsync(EchoScript.AgentState(state), EventSource.Environment, cancellationToken);
        }
    }

    private static JObject Status(string id) => new() { ["status_update"] = true, ["type"] = "info", ["id"] = id, ["message"] = "" };

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Information, "Conversation {ConversationId}: a turn of the echo agent has ended: {Reason}.")]
        public static partial void TurnEnded(ILogger logger, ConversationId conversationId, string reason);

        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: a turn of the echo agent has failed.")]
        public static partial void TurnFailed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
