using System.Threading.Channels;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.SocketIO;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Sessions;

/// <summary>
/// One active conversation, as others see it: the only one that appends to its log. Its state is owned by its
/// <see cref="SessionLoop"/>, which is fed from here through a bounded channel. Every member may be called from any thread. Made,
/// started and awaited by <see cref="ConversationRegistry"/>.
/// </summary>
internal sealed class ConversationSession : IAgentConversation
{
    private const int MaxCommands = 1_024;

    // Far enough below zero that it stays there, however many of those who had entered leave afterwards.
    private const int Closed = int.MinValue / 2;

    // Full: posting waits, so a flood of events slows those who send them.
    private readonly Channel<SessionCommand> _commands = Channel.CreateBounded<SessionCommand>(
        new BoundedChannelOptions(MaxCommands) { SingleReader = true });

    private readonly IAgentBackend _backend;
    private readonly SessionServices _services;
    private readonly BackendStart _start;
    private readonly SessionLoop _loop;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _entered;
    private volatile bool _endsWithProcess;
    private long _lastUsed;

    public ConversationSession(ConversationKey key, IEventLog log, IAgentBackend backend, SessionServices services)
    {
        Key = key;
        Log = log;
        _backend = backend;
        _services = services;
        _start = new BackendStart(this, backend, services);
        _loop = new SessionLoop(this, backend, services);
        Touch();
    }

    public ConversationKey Key { get; }

    public IEventLog Log { get; }

    public int ClientCount => _loop.ClientCount;

    public int JoinCount => _loop.JoinCount;

    /// <summary>As <see cref="IAgentBackend.UpstreamState"/>.</summary>
    public string? UpstreamState => _backend.UpstreamState;

    /// <summary>What the loop reads.</summary>
    public ChannelReader<SessionCommand> Commands => _commands.Reader;

    /// <summary>When somebody last came or did something here, as a timestamp of the clock.</summary>
    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>
    /// Keeps the session open for a client that is connecting, or connected. False when it is closing: open it anew. Every
    /// success is paired with one <see cref="Exit"/>.
    /// </summary>
    public bool TryEnter()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _entered);
            if (seen < 0)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _entered, seen + 1, seen) != seen);
        Touch();
        return true;
    }

    public void Exit()
    {
        Interlocked.Decrement(ref _entered);
        Touch();
    }

    /// <summary>A cursor for a client, at its place in the log as it stands now.</summary>
    public Cursor CreateCursor(SocketConnection socket, int latestEventId) =>
        new(socket, Log, _loop.Tail, (latestEventId, Log.Head), _services);

    /// <summary>
    /// Lets the backend run, once: what it appends now is live. Called when the first client's replay has its end, so that the
    /// same session looks the same to it, however fast the backend is. Nobody's CONNECT waits for it; actions do.
    /// </summary>
    public void Start() => _start.Begin();

    /// <summary>Complete when the backend has no start under way.</summary>
    public Task StartEnded => _start.Ended;

    /// <summary>Runs the session until it closes. Called once, by the registry.</summary>
    public Task RunAsync() => _loop.RunAsync();

    /// <summary>Complete when the session has closed and the conversation can be opened anew.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Called once, by the registry, when it has let go of the session.</summary>
    public void Complete() => _completion.TrySetResult();

    /// <summary>
    /// No command is taken from now on, and nobody may enter. False when that was so already, or when the session would be closed as
    /// idle while somebody is here.
    /// </summary>
    public bool TryStopEntering(SessionCloseReason reason)
    {
        var isFirst = reason is SessionCloseReason.Idle
            ? Interlocked.CompareExchange(ref _entered, Closed, 0) == 0
            : Interlocked.Exchange(ref _entered, Closed) >= 0;
        if (!isFirst)
        {
            return false;
        }

        _endsWithProcess = reason is SessionCloseReason.ServerShutdown;
        _commands.Writer.TryComplete();
        return true;
    }

    /// <summary>Posts without waiting: when the channel is full the write keeps its place in the order. After the end it does nothing.</summary>
    public void Post(SessionCommand command)
    {
        if (!_commands.Writer.TryWrite(command))
        {
            _ = PostLateAsync(command);
        }
    }

    /// <summary>A client's action. Completes with null once it is stored or taken by the backend, else with what the client is told.</summary>
    public async ValueTask<string?> SubmitAsync(UserAction action, CancellationToken cancellationToken)
    {
        Touch();
        _start.Begin();
        await _start.Ended.WaitAsync(cancellationToken);
        var disposition = await _backend.AcceptAsync(action, cancellationToken);
        if (disposition.StoredBySession)
        {
            await AppendAsync(new SessionCommand.Append(action.Json, EventSource.User, ByClient: true), cancellationToken);
        }

        return disposition.Refusal;
    }

    public ValueTask<int> AppendAsync(JObject draft, EventSource source, CancellationToken cancellationToken) =>
        AppendAsync(new SessionCommand.Append(draft, source, ByClient: false), cancellationToken);

    public async ValueTask NotifyAsync(JObject notice, CancellationToken cancellationToken) =>
        await PostAsync(new SessionCommand.Notify(notice), cancellationToken);

    private async ValueTask<int> AppendAsync(SessionCommand.Append append, CancellationToken cancellationToken)
    {
        await PostAsync(append, cancellationToken);
        return await append.Stored.Task;
    }

    private async ValueTask PostAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        try
        {
            await _commands.Writer.WriteAsync(command, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new OperationCanceledException("The conversation's session has closed.", exception);
        }
    }

    private async Task PostLateAsync(SessionCommand command)
    {
        try
        {
            await _commands.Writer.WriteAsync(command);
        }
        catch (ChannelClosedException)
        {
            // Leaves and timers of a session that has ended; its loop has released every member. Who was about to become one would
            // wait in vain. When the process stops the connection ends by itself, and its client knows to come back.
            if (command is SessionCommand.Join join && !_endsWithProcess)
            {
                join.Cursor.Abandon();
            }
        }
    }

    private void Touch() => Volatile.Write(ref _lastUsed, _services.Clock.GetTimestamp());
}
