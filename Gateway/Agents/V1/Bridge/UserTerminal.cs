using System.Threading.Channels;

using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Runs users' own commands in the conversation's sandbox, one after the other, and appends what they gave. Owned by the backend, which
/// starts and awaits <see cref="RunAsync"/>; <see cref="TryPost"/> may be called from any thread.
/// </summary>
internal sealed partial class UserTerminal(UpstreamConnection connection, V1RestClient rest, ILogger logger)
{
    private const int MaxWaiting = 32;

    // The server's own limit is shorter by this: its answer should come before ours.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(ActionMapper.TerminalTimeoutSeconds + 15);

    // Full: the command is stored and refused; the client that sent it is told so.
    private readonly Channel<(int Id, JObject Action)> _commands = Channel.CreateBounded<(int Id, JObject Action)>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private volatile bool _isBusy;

    public bool IsBusy => _isBusy || _commands.Reader.Count > 0;

    /// <summary>False: too many wait already.</summary>
    public bool TryPost(int id, JObject action) => _commands.Writer.TryWrite((id, action));

    /// <summary>
    /// Runs until cancelled. A command whose result cannot be stored harms only itself: the room is told, and the next one runs.
    /// </summary>
    public async Task RunAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        await foreach (var (id, action) in _commands.Reader.ReadAllAsync(cancellationToken))
        {
            _isBusy = true;
            try
            {
                await RunCommandAsync(conversation, id, action, cancellationToken);
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

    private async Task RunCommandAsync(IAgentConversation conversation, int id, JObject action, CancellationToken cancellationToken)
    {
        var observation = await ObserveAsync(action.Object("args") ?? [], cancellationToken);
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

    private async Task<JObject> ObserveAsync(JObject args, CancellationToken cancellationToken)
    {
        var result = connection.Endpoint is { } endpoint
            ? await rest.CallAsync(endpoint, ActionMapper.Terminal(args), s_limit, cancellationToken)
            : RestResult.Unreachable;
        if (!result.IsSuccess || result.Object is not { } output)
        {
            return V0Draft.Error("", result.Problem);
        }

        var observation = new JObject
        {
            ["kind"] = "TerminalObservation",
            ["content"] = new JArray(new JObject { ["text"] = output.Text("stdout") + output.Text("stderr") }),
            ["command"] = args.Text("command"),
            ["exit_code"] = output.Copy("exit_code"),
        };
        return ToolObservations.Translate(new ToolResult(observation, null, "", "", "terminal")) ?? V0Draft.Error("", result.Problem);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: the command of event {EventId} failed; the terminal goes on.")]
        public static partial void CommandFailed(ILogger logger, Exception exception, ConversationId conversationId, int eventId);
    }
}
