using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Threading.Channels;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Clients' actions that cross gateways: those of clients here, while another gateway has the conversation's agent, and those of clients
/// elsewhere, while it is here. Each is begun once, and its client is told what became of it, or that nobody knows. Owned by
/// <see cref="AgentOwnership"/>; any thread.
/// </summary>
internal sealed partial class ForwardedActions(
    ConversationKey key, SessionContext context, Func<bool> isOwner, Func<UserAction, ValueTask<string?>> submit, Action onWaiting)
{
    // More of them wait in the store until their senders take them back.
    private const int MaxWaiting = 256;

    // As many clients' actions are done at once.
    private const int MaxAtOnce = 16;

    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<string?>> _waiting = [];
    private readonly Channel<RoomMessage> _actions = Channel.CreateBounded<RoomMessage>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    /// <summary>A client here waits for an answer.</summary>
    public bool HasWaiting => !_waiting.IsEmpty;

    /// <summary>Hands an action to whoever has the agent. Null once it is stored or taken there, else what the client is told.</summary>
    public async ValueTask<string?> SubmitAsync(UserAction action, CancellationToken cancellationToken)
    {
        var message = RoomMessage.Create(RoomMessageKind.Action, EventWriter.Encode(action.Json));
        var answer = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[message.Id] = answer;
        try
        {
            if (!await context.Gateways.Rooms.SendAsync(key, message, cancellationToken))
            {
                return ActionRefusals.NotStored;
            }

            onWaiting();
            return await answer.Task.WaitAsync(s_answerLimit, context.TimeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            return await TryTakeBackAsync(message, cancellationToken) ? ActionRefusals.NotStored : ActionRefusals.Unknown;
        }
        catch (IOException)
        {
            // It has been said why.
            return ActionRefusals.Unknown;
        }
        finally
        {
            _waiting.TryRemove(message.Id, out _);
        }
    }

    /// <summary>An action of another gateway's client.</summary>
    public void OnAction(RoomMessage action) => _actions.Writer.TryWrite(action);

    /// <summary>What became of an action of a client here, or elsewhere.</summary>
    public void OnAnswer(RoomMessage answer) =>
        Answered(answer.Id, answer.Body.IsEmpty ? null : Encoding.UTF8.GetString(answer.Body.Span));

    /// <summary>The agent is here now: what was not begun is begun, and of what was begun nobody knows the end.</summary>
    public async ValueTask TakeOverAsync(CancellationToken cancellationToken)
    {
        foreach (var (action, isBegun) in await context.Gateways.Actions.ListAsync(key, cancellationToken))
        {
            if (isBegun)
            {
                await AnswerAsync(action, ActionRefusals.Unknown);
            }
            else
            {
                OnAction(action);
            }
        }
    }

    /// <summary>
    /// Does what clients elsewhere have asked for, while the agent is here: several at once, as with clients here. Those that wait at one
    /// time are of different clients, because a client's next action is not handed on before its last one has its answer.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // It outlives the CONNECT that has opened the conversation, and is no part of its trace.
        Activity.Current = null;
        try
        {
            await Parallel.ForEachAsync(
                _actions.Reader.ReadAllAsync(cancellationToken),
                new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken },
                async (action, _) => await (isOwner() ? TryDoAsync(action) : ValueTask.CompletedTask));
        }
        catch (OperationCanceledException)
        {
            // The session closes.
        }
    }

    /// <summary>Nobody will begin it any more. False when somebody has, or may have.</summary>
    private async ValueTask<bool> TryTakeBackAsync(RoomMessage action, CancellationToken cancellationToken)
    {
        try
        {
            return await context.Gateways.Actions.TryTakeAsync(key, action, cancellationToken);
        }
        catch (IOException)
        {
            // It has been said why.
            return false;
        }
    }

    private async ValueTask TryDoAsync(RoomMessage action)
    {
        try
        {
            if (await context.Gateways.Actions.TryTakeAsync(key, action, CancellationToken.None))
            {
                await AnswerAsync(action, await DoAsync(action));
            }
        }
        catch (IOException exception)
        {
            // Its client hears that nobody knows.
            Log.NotAnswered(context.Logger, exception, key.Id);
        }
    }

    private async ValueTask<string?> DoAsync(RoomMessage action)
    {
        try
        {
            return JsonTree.TryReadObject(action.Body.Span, out var json)
                ? await submit(new UserAction(json))
                : ActionRefusals.NotStored;
        }
        catch (OperationCanceledException)
        {
            return ActionRefusals.NotStored;
        }
        catch (Exception exception)
        {
            Log.Failed(context.Logger, exception, key.Id);
            return ActionRefusals.Of(exception);
        }
    }

    private async ValueTask AnswerAsync(RoomMessage action, string? refusal)
    {
        Answered(action.Id, refusal);
        await context.Gateways.Actions.AnswerAsync(key, action, refusal, CancellationToken.None);
    }

    private void Answered(string id, string? refusal)
    {
        if (_waiting.TryGetValue(id, out var answer))
        {
            answer.TrySetResult(refusal);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Conversation {ConversationId}: an action of another gateway's client could not be answered.")]
        public static partial void NotAnswered(ILogger logger, Exception exception, ConversationId conversationId);

        [LoggerMessage(2, LogLevel.Error, "Conversation {ConversationId}: an action of another gateway's client failed.")]
        public static partial void Failed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
