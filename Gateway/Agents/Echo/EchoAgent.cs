using System.Threading.Channels;

using Gateway.Conversations;
using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Echo;

/// <summary>
/// A small scripted agent, for trying Gateway out without a model: on a user message it runs, thinks, runs a made-up command,
/// answers and waits. It honours stop, pause and resume between its steps. Its own loop owns its state; the session only posts.
/// </summary>
internal sealed partial class EchoAgent(EchoOptions options, TimeProvider clock, ILogger<EchoAgent> logger) : IAgentBackend
{
    // Full: the session's post waits for nothing, so the oldest wish goes; nobody queues 256 messages to an echo.
    private readonly Channel<StoredEvent> _inbox = Channel.CreateBounded<StoredEvent>(
        new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<string> _messages = [];
    private Task _loop = Task.CompletedTask;
    private string _state = "loading";
    private volatile bool _busy;

    public bool IsBusy => _busy;

    public async ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
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
        _loop = RunAsync(conversation);
    }

    public ValueTask OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken)
    {
        if (storedEvent.Header.Kind is EventKind.MessageAction or EventKind.ChangeAgentStateAction)
        {
            _busy = true;
            _inbox.Writer.TryWrite(storedEvent);
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _inbox.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(IAgentConversation conversation)
    {
        try
        {
            while (await _inbox.Reader.WaitToReadAsync(_stopping.Token))
            {
                await TakeWishesAsync(conversation);
                while (_state is not "paused" && _messages.TryDequeue(out var message))
                {
                    await DoTurnAsync(conversation, message);
                    await TakeWishesAsync(conversation);
                }

                _busy = _messages.Count > 0;
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

    private async ValueTask DoTurnAsync(IAgentConversation conversation, string message)
    {
        await SetStateAsync(conversation, "running", _stopping.Token);
        var previous = -1;
        int? pending = null;
        foreach (var step in EchoScript.Turn(message))
        {
            await Task.Delay(options.StepDelay, clock, _stopping.Token);
            await TakeWishesAsync(conversation);
            while (_state is "paused" && await _inbox.Reader.WaitToReadAsync(_stopping.Token))
            {
                await TakeWishesAsync(conversation);
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

            previous = await conversation.AppendAsync(step.Draft, step.Source, _stopping.Token);
            pending = step.Draft["action"]?.Value<string>() is "run" ? previous : null;
        }

        await SetStateAsync(conversation, "awaiting_user_input", _stopping.Token);
    }

    /// <summary>V0's order: the error of the action under way, then the new state.</summary>
    private async ValueTask AbandonAsync(IAgentConversation conversation, int? pending)
    {
        if (pending is { } cause)
        {
            await conversation.AppendAsync(EchoScript.NotExecuted(cause), EventSource.Agent, _stopping.Token);
        }

        await SetStateAsync(conversation, _state, _stopping.Token, evenIfSame: true);
    }

    /// <summary>Takes what clients have asked for since: messages queue up, a state is taken at once.</summary>
    private async ValueTask TakeWishesAsync(IAgentConversation conversation)
    {
        while (_inbox.Reader.TryRead(out var stored))
        {
            var args = EventJsonReader.TryReadObject(stored.Json.Span, out var json) ? json["args"] : null;
            if (stored.Header.Kind is EventKind.MessageAction)
            {
                _messages.Enqueue(args?["content"]?.Value<string>() ?? "");
                if (_state is "paused")
                {
                    // As with V0: who speaks to a paused agent wants it to go on.
                    await SetStateAsync(conversation, "running", _stopping.Token);
                }

                continue;
            }

            switch (args?["agent_state"]?.Value<string>())
            {
                case "stopped" when _state is "running":
                    // Said by the turn that is under way, after the error of its action.
                    _state = "stopped";
                    _messages.Clear();
                    break;
                case "stopped":
                    _messages.Clear();
                    await SetStateAsync(conversation, "stopped", _stopping.Token);
                    break;
                case ("paused" or "running") and var state:
                    await SetStateAsync(conversation, state, _stopping.Token);
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
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: the echo agent has failed.")]
        public static partial void Failed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
