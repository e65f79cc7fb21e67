using System.Diagnostics;
using System.Threading.Channels;

using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Actions;

/// <summary>
/// Hands what users ask for on to V1. Messages, confirmations and resumes go one after the other; a stop or a pause has a loop of its own,
/// and goes ahead of what waits. Owned by the backend, which starts and awaits <see cref="RunAsync"/>; the other members may be called from
/// any thread.
/// </summary>
internal sealed partial class UserActions : IBridgeObserver
{
    // Past these a message is refused, and a change of state is stored and told not to be done.
    private const int MaxWaiting = 64;
    private const int MaxWaitingStops = 16;

    private const string TooMany = "Too many messages wait for the agent server already; please send it again later.";
    private const string Ended = "The conversation is being closed here; please send it again.";
    private const string EndedMeanwhile = "The conversation is being closed here; please look before you send it again.";
    private const string NotShown =
        "The agent server has the message and does not give this conversation's log: what comes of it is shown when it does.";

    // A sender that is told at once knows which message was refused. It must not wait for long: its stop comes behind.
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromMilliseconds(500);

    private readonly Channel<Queued> _ordered = Channel.CreateBounded<Queued>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly Channel<(string State, ActivityContext Trace)> _stops = Channel.CreateBounded<(string State, ActivityContext Trace)>(
        new BoundedChannelOptions(MaxWaitingStops) { SingleReader = true });

    private readonly ConversationApi _api;
    private readonly MessageWatch _watch;
    private readonly Guid _conversation;
    private readonly Func<ConversationBridge?> _bridge;
    private readonly V1Context _context;
    private volatile PendingRun? _pendingRun;
    private volatile StateChanges? _changes;

    // Everything that was asked for before a stop, and not begun, runs nothing any more.
    private int _stopCount;
    private volatile string _lastStop = "";

    // What a pause has held up: the next resume runs it, although V1 is at rest.
    private volatile bool _heldRun;
    private volatile bool _hasEnded;
    private int _working;

    /// <param name="bridge">The bridge as it is now: one that fails is replaced. Null before the first.</param>
    public UserActions(
        Guid conversation, ConversationApi api, MessageWatch watch, Func<ConversationBridge?> bridge, V1Context context)
    {
        _conversation = conversation;
        _api = api;
        _watch = watch;
        _bridge = bridge;
        _context = context;
    }

    /// <summary>Something is on its way, or waits for its turn.</summary>
    public bool IsBusy => _ordered.Reader.Count > 0
        || _stops.Reader.Count > 0
        || Volatile.Read(ref _working) > 0
        || _pendingRun?.IsBusy == true;

    /// <summary>
    /// Takes a message. Completes with why it was refused, when that shows soon; else with null, and the room is told of a later refusal.
    /// </summary>
    public async ValueTask<string?> TakeMessageAsync(JObject action, CancellationToken cancellationToken)
    {
        var isNext = !IsBusy;
        var queued = new Queued(action, Volatile.Read(ref _stopCount));
        if (!_ordered.Writer.TryWrite(queued))
        {
            return _hasEnded ? Ended : TooMany;
        }

        // Behind others it would only hold up what its sender does next.
        return isNext && await RoomStatus.EndsInTimeAsync(queued.Answer, s_answerLimit, _context.TimeProvider, cancellationToken)
            ? await queued.Answer
            : queued.LeaveToRoom();
    }

    /// <summary>Takes a change of state, which is stored already. False when too many wait.</summary>
    public bool TryTakeState(JObject action)
    {
        var state = ActionMapper.StateOf(action);
        if (state is not (V0State.Stopped or V0State.Paused))
        {
            return _ordered.Writer.TryWrite(new Queued(action, Volatile.Read(ref _stopCount)));
        }

        _lastStop = state;
        Interlocked.Increment(ref _stopCount);
        return _stops.Writer.TryWrite((state, V1Traces.Current));
    }

    public void Connected(JObject info)
    {
        // Whoever needs to know how the conversation stands asks when it does.
    }

    public void Taken(JObject v1Event) => _watch.Taken(v1Event);

    public void TitleTold(string title)
    {
        // A title is nothing that a user has asked for.
    }

    public void TurnChanged()
    {
        _pendingRun?.OnStatus(_bridge()?.Status);
        _changes?.TurnChanged();
    }

    /// <summary>
    /// Runs until cancelled. An action that fails harms no other. What comes after the end is refused, and so are messages that have
    /// waited for their turn until then.
    /// </summary>
    public async Task RunAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        try
        {
            await RunLoopsAsync(conversation, cancellationToken);
        }
        finally
        {
            _hasEnded = true;
            _stops.Writer.TryComplete();
            _ordered.Writer.TryComplete();
            while (_ordered.Reader.TryRead(out var queued))
            {
                Log.NotHandedOn(_context.Logger, _conversation, queued.Kind, Ended);
                queued.TryAnswer(Ended);
            }
        }
    }

    private async Task RunLoopsAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        var room = new RoomStatus(conversation);
        var pendingRun = new PendingRun(_api, room);
        _pendingRun = pendingRun;
        var changes = new StateChanges(_api, room, pendingRun, _bridge);
        _changes = changes;
        var sender = new MessageSender(_api, _watch, room, changes);
        await Task.WhenAll(
            pendingRun.RunAsync(cancellationToken),
            ReadAsync(_stops.Reader, stop => StopAsync(changes, stop.State, stop.Trace, cancellationToken), cancellationToken),
            ReadAsync(_ordered.Reader, queued => DoAsync(queued, changes, sender, room, cancellationToken), cancellationToken));
    }

    private async Task ReadAsync<T>(ChannelReader<T> reader, Func<T, Task> act, CancellationToken cancellationToken)
    {
        while (await reader.WaitToReadAsync(cancellationToken))
        {
            // Before anything is taken out: between the two the session would look idle.
            Interlocked.Increment(ref _working);
            using var hold = _api.Hold();
            try
            {
                while (reader.TryRead(out var next))
                {
                    await act(next);
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Log.ActionFailed(_context.Logger, exception, _conversation);
            }
            finally
            {
                Interlocked.Decrement(ref _working);
            }
        }
    }

    private async Task StopAsync(StateChanges changes, string state, ActivityContext trace, CancellationToken cancellationToken)
    {
        using var span = V1Traces.StartAction(trace);
        var wasAsked = _pendingRun?.Cancel() == true;
        _heldRun = state == V0State.Paused && (wasAsked || _heldRun);
        var problem = await changes.ApplyAsync(state, isHeld: false, cancellationToken);
        if (problem is not null)
        {
            Log.NotHandedOn(_context.Logger, _conversation, state, problem);
        }
    }

    private async Task DoAsync(
        Queued queued, StateChanges changes, MessageSender sender, RoomStatus room, CancellationToken cancellationToken)
    {
        string? problem = null;
        using var span = V1Traces.StartAction(queued.Trace);
        try
        {
            problem = queued.IsMessage
                ? await SendAsync(queued, changes, sender, room, cancellationToken)
                : await ChangeAsync(ActionMapper.StateOf(queued.Action), changes, cancellationToken);
        }
        catch (Exception)
        {
            problem = cancellationToken.IsCancellationRequested ? EndedMeanwhile : "The message could not be handed on.";
            throw;
        }
        finally
        {
            if (problem is not null)
            {
                Log.NotHandedOn(_context.Logger, _conversation, queued.Kind, problem);
            }

            if (queued.IsMessage && !queued.TryAnswer(problem) && problem is not null && !cancellationToken.IsCancellationRequested)
            {
                await room.TellFailedAsync(problem, cancellationToken);
            }
        }
    }

    private async Task<string?> ChangeAsync(string state, StateChanges changes, CancellationToken cancellationToken)
    {
        var isHeld = state == V0State.Running && _heldRun;
        _heldRun &= !isHeld;
        return await changes.ApplyAsync(state, isHeld, cancellationToken);
    }

    private async Task<string?> SendAsync(
        Queued queued, StateChanges changes, MessageSender sender, RoomStatus room, CancellationToken cancellationToken)
    {
        var stops = Volatile.Read(ref _stopCount);
        var runs = false;
        var args = queued.Action.Object("args") ?? [];
        var bridge = _bridge();
        bridge?.Sent.Add(args);
        // Asked before each call: what is sent once more after a stop must not run.
        var outcome = await sender.SendAsync(args, () => runs = Volatile.Read(ref _stopCount) == queued.Stops, cancellationToken);
        if (outcome.Fate == MessageFate.Refused)
        {
            bridge?.Sent.Remove(args);
            return outcome.Problem;
        }

        if (outcome.Fate == MessageFate.Unknown)
        {
            Log.Unanswered(_context.Logger, _conversation, _api.ActionTimeout);
            await room.TellUnknownAsync(
                "The agent server has not answered. If it has the message it will be shown; please look before you send it again.",
                cancellationToken);
        }
        else if (_api.IsWithoutLog)
        {
            await room.TellUnknownAsync(NotShown, cancellationToken);
        }

        if (stops != Volatile.Read(ref _stopCount))
        {
            // Stopped meanwhile: V1 may begin to run after it was told to stop, and a moment after its answer.
            if (runs && outcome.Fate == MessageFate.Taken)
            {
                await changes.UntilLoggedAsync(V1Status.Running, cancellationToken);
            }

            _stops.Writer.TryWrite((_lastStop, default));
            _heldRun |= _lastStop == V0State.Paused && (!runs || outcome.Fate != MessageFate.Taken);
        }
        else if (!runs)
        {
            _heldRun |= _lastStop == V0State.Paused;
        }
        else if (outcome.Fate == MessageFate.NotRun
            || (outcome.Fate == MessageFate.RunUnknown && await changes.IsIdleAsync(cancellationToken)))
        {
            Log.NotRun(_context.Logger, _conversation);
            _pendingRun?.Begin(_api.Calls.Run, isRefused: outcome.Fate == MessageFate.NotRun);
        }

        return null;
    }

    /// <summary>An action that waits, and for a message who hears of its refusal: its sender, or the room.</summary>
    private sealed class Queued(JObject action, int stops)
    {
        private readonly TaskCompletionSource<string?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public JObject Action => action;

        /// <summary>The trace of who has sent it.</summary>
        public ActivityContext Trace { get; } = V1Traces.Current;

        /// <summary>V0's name of the action.</summary>
        public string Kind { get; } = action.Text("action");

        public bool IsMessage => Kind == "message";

        /// <summary>How many stops there had been when it was sent.</summary>
        public int Stops => stops;

        public Task<string?> Answer => _answer.Task;

        /// <summary>False: its sender does not wait for it any more.</summary>
        public bool TryAnswer(string? refusal) => _answer.TrySetResult(refusal);

        /// <summary>The room is told from now on; the answer, when it has come meanwhile.</summary>
        public string? LeaveToRoom() => _answer.TrySetResult(null) ? null : _answer.Task.Result;
    }
}
