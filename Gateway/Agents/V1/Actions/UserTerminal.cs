using System.Diagnostics;
using System.Threading.Channels;

using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Actions;

/// <summary>
/// Runs users' own commands in the conversation's workspace, one after the other, each in the directory in which the last one ended, and
/// appends what they gave. Owned by the backend, which starts and awaits <see cref="RunAsync"/>; <see cref="TryPost"/> and
/// <see cref="Stop"/> may be called from any thread.
/// </summary>
internal sealed partial class UserTerminal(ConversationApi api, ILogger logger)
{
    private const int MaxWaiting = 32;

    // The server's own limit is shorter by this: its answer should come before ours.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(TerminalCommand.TimeoutSeconds + 15);

    // How long a command that is stopped may take to end.
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(10);

    // Full: the command is stored and refused; the client that sent it is told so.
    private readonly Channel<Command> _commands = Channel.CreateBounded<Command>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly Lock _lock = new();
    private TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _stops;
    private volatile bool _isBusy;

    // Where the next command begins; null: where the server begins.
    private string? _directory;

    public bool IsBusy => _isBusy || _commands.Reader.Count > 0;

    /// <summary>False: too many wait already.</summary>
    public bool TryPost(int id, JObject action) =>
        _commands.Writer.TryWrite(new Command(id, action, Volatile.Read(ref _stops), V1Traces.Current));

    /// <summary>Ends the command at work; those that wait are not run.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stops++;
            _stop.TrySetResult();
            _stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>
    /// Runs until cancelled. A command whose result cannot be stored harms only itself: the room is told, and the next one runs.
    /// </summary>
    public async Task RunAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        await foreach (var (id, action, stops, trace) in _commands.Reader.ReadAllAsync(cancellationToken))
        {
            _isBusy = true;
            using var span = V1Traces.StartAction(trace);
            try
            {
                await RunCommandAsync(conversation, id, action, stops, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // The session closes, or has closed already and cancels this loop next.
            }
            catch (Exception exception)
            {
                Log.CommandFailed(logger, exception, conversation.Key.Id, id);
            }
            finally
            {
                // Whatever happened: a terminal that stayed busy would keep its session open for ever.
                _isBusy = false;
            }
        }
    }

    private async Task RunCommandAsync(
        IAgentConversation conversation, int id, JObject action, int stops, CancellationToken cancellationToken)
    {
        var observation = await ObserveAsync(action.Object("args") ?? [], stops, cancellationToken);
        observation["cause"] = id;
        try
        {
            await conversation.AppendAsync(observation, EventSource.User, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await conversation.NotifyAsync(V0Draft.ErrorTransientMessage("The result of the command could not be stored."),
                cancellationToken);
            throw;
        }
    }

    private async Task<JObject> ObserveAsync(JObject args, int stops, CancellationToken cancellationToken)
    {
        Task stopped;
        lock (_lock)
        {
            if (stops != _stops)
            {
                return V0Draft.Error("", "Stop button pressed. The action has not been executed.", V0StatusId.NotExecutedStopped);
            }

            stopped = _stop.Task;
        }

        var command = new TerminalCommand(args, _directory, Guid.NewGuid().ToString("N"));
        if (await CallAsync(command, stopped, cancellationToken) is not { } result)
        {
            return V0Draft.Error("", "The command was stopped, but the agent server does not say that it has ended.");
        }

        if (!result.IsSuccess || result.Object is not { } output)
        {
            return V0Draft.Error("", result.Problem);
        }

        var (text, directory) = command.Read(output.Text("stdout"));
        _directory = directory ?? _directory;
        var observation = new JObject
        {
            ["kind"] = "TerminalObservation",
            ["content"] = new JArray(new JObject { ["text"] = TerminalCommand.Shortened(text + output.Text("stderr")) }),
            ["command"] = command.Text,
            ["exit_code"] = output.Copy("exit_code"),
        };
        return ToolObservations.Translate(new ToolResult(observation, null, "", "", "terminal")) ?? V0Draft.Error("", result.Problem);
    }

    /// <summary>Null: it was stopped and has not ended. Nobody waits for it then, so that the next command can run.</summary>
    private async Task<RestResult?> CallAsync(TerminalCommand command, Task stopped, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = api.ExecuteAsync(command.Body, s_limit, giveUp.Token);
        await Task.WhenAny(running, stopped);
        if (running.IsCompleted)
        {
            return await running;
        }

        var ending = api.ExecuteAsync(command.StopBody, s_stopLimit, giveUp.Token);
        if (await RoomStatus.EndsInTimeAsync(running, s_stopLimit, api.TimeProvider, cancellationToken))
        {
            await ending;
            return await running;
        }

        await giveUp.CancelAsync();
        try
        {
            await Task.WhenAll(running, ending);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // As we have asked.
        }

        return null;
    }

    /// <summary>A command that waits, how many stops there had been when it was sent, and the trace of who has sent it.</summary>
    private readonly record struct Command(int Id, JObject Action, int Stops, ActivityContext Trace);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: the command of event {EventId} failed; the terminal goes on.")]
        public static partial void CommandFailed(ILogger logger, Exception exception, ConversationId conversationId, int eventId);
    }
}
