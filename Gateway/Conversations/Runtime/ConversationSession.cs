using System.Threading.Channels;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.SocketIO;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// One active conversation, as others see it: the only one that appends to its log. Its state is owned by its
/// <see cref="SessionLoop"/>, which is fed from here through a bounded channel. Every member may be called from any thread. Made,
/// started and awaited by <see cref="ConversationRegistry"/>.
/// </summary>
internal sealed class ConversationSession : IAgentConversation
{
    private const int MaxCommands = 1_024;

    // Far enough below zero that it stays there, however many of those who held the session release it afterwards.
    private const int Closed = int.MinValue / 2;

    // Full: posting waits, so a flood of events slows those who send them.
    private readonly Channel<SessionCommand> _commands = Channel.CreateBounded<SessionCommand>(
        new BoundedChannelOptions(MaxCommands) { SingleReader = true });

    private readonly IAgentBackend _backend;
    private readonly SessionContext _context;
    private readonly BackendStart _start;
    private readonly SessionLoop _loop;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _logClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _leases;
    private volatile int _closedFor = -1;
    private long _lastUsed;
    private volatile ShownAgentState? _agentState;
    private PageReadAhead.Page? _firstPage;

    public ConversationSession(ConversationKey key, IEventLog log, IAgentBackend backend, SessionContext context)
    {
        Key = key;
        Log = log;
        _backend = backend;
        _context = context;
        _start = new BackendStart(this, backend, context);
        _loop = new SessionLoop(this, backend, context);
        Holds = new PageHolds(this, context.TimeProvider);
        Touch();
    }

    public ConversationKey Key { get; }

    public IEventLog Log { get; }

    /// <summary>As <see cref="IAgentBackendFactory.Version"/>.</summary>
    public required string Version { get; init; }

    /// <summary>The holds of its clients.</summary>
    public PageHolds Holds { get; }

    public int ClientCount => _loop.ClientCount;

    public int JoinCount => _loop.JoinCount;

    /// <summary>The sockets of the clients that are in the conversation at this moment.</summary>
    public IReadOnlyList<SocketConnection> ListSockets() => _loop.ListSockets();

    /// <summary>Events that the client furthest behind has not been sent.</summary>
    public int LargestLag => _loop.LargestLag;

    /// <summary>When it last stored an event; null before it has. Its metadata in the store may be some seconds behind.</summary>
    public DateTimeOffset? LastActive => _loop.LastActive;

    /// <summary>As <see cref="ConversationActivity.TitleGiven"/>.</summary>
    public void TitleGiven() => _loop.TitleGiven();

    /// <summary>How full the channel of commands is, from 0 to 1.</summary>
    public double QueueUtilization => (double)_commands.Reader.Count / MaxCommands;

    /// <summary>As <see cref="IAgentBackend.UpstreamState"/>.</summary>
    public string? UpstreamState => _backend.UpstreamState;

    /// <summary>As <see cref="IAgentBackend.UpstreamStatus"/>.</summary>
    public UpstreamStatus? Upstream => _backend.UpstreamStatus;

    /// <summary>As <see cref="IAgentBackend.IsHere"/>.</summary>
    public bool HasAgent => _backend.IsHere;

    /// <summary>The agent's state as <see cref="ReadAgentStateAsync"/> found it last; null before that, and when there is none.</summary>
    public string? KnownAgentState => _agentState?.Name;

    /// <summary>What the loop reads.</summary>
    public ChannelReader<SessionCommand> Commands => _commands.Reader;

    /// <summary>No command is taken any more: the session is closing, or has closed.</summary>
    public bool IsClosing => Volatile.Read(ref _leases) < 0;

    /// <summary>Whether it is closing, or has closed, for this reason.</summary>
    public bool ClosesFor(SessionCloseReason reason) => _closedFor == (int)reason;

    /// <summary>When somebody last came or did something here, as a timestamp of the clock.</summary>
    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>
    /// Keeps the session open for the caller: a client that is connecting or connected, or a call of the server's own. False when it is
    /// closing: open it anew. Every success is paired with one <see cref="Release"/>.
    /// </summary>
    public bool TryAcquire()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _leases);
            if (seen < 0)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _leases, seen + 1, seen) != seen);
        Touch();
        return true;
    }

    public void Release()
    {
        Interlocked.Decrement(ref _leases);
        Touch();
    }

    /// <summary>A cursor for a client, at its position in the log as it stands now.</summary>
    /// <param name="needsInit">As <see cref="InitState"/>.</param>
    /// <param name="filter">The kinds that the client wants; null for all.</param>
    public Cursor CreateCursor(SocketConnection socket, int latestEventId, bool needsInit = false, EventFilter? filter = null) => new(
        socket, _loop.Shared, (latestEventId, Log.Head), needsInit ? new InitState() : null, filter, _context);

    /// <summary>The first page is in memory.</summary>
    public bool IsWarm => Volatile.Read(ref _firstPage) is { IsRead: true };

    /// <summary>
    /// The conversation was opened for somebody whose socket is about to come: reads the first page for the first client that has nothing
    /// yet. It is let go of by itself after <see cref="ConversationsOptions.FirstPageTime"/>.
    /// </summary>
    public void Warm()
    {
        if (_context.Options.FirstPageTime > TimeSpan.Zero && Log.Head >= 0 && !IsWarm)
        {
            var page = _context.FirstPages.TryBegin(ReadFirstPageAsync, _context.Options.FirstPageTime);
            Interlocked.Exchange(ref _firstPage, page)?.Dispose();
        }
    }

    /// <summary>What <see cref="Warm"/> has read, for the caller alone; null when nothing is there, or not yet.</summary>
    public PageReadAhead.Page? TakeFirstPage()
    {
        var page = Volatile.Read(ref _firstPage);
        return page is { IsRead: true } && Interlocked.CompareExchange(ref _firstPage, null, page) == page ? page : null;
    }

    /// <summary>
    /// Lets the backend run, once: what it appends now is live. Called when the first client's replay has its end, so that the
    /// same session looks the same to it, however fast the backend is. Nobody's CONNECT waits for it; actions do.
    /// </summary>
    /// <param name="byServer">As <see cref="IsStartedByServer"/>; the first call decides.</param>
    public void Start(bool byServer = false) => _start.Begin(byServer);

    public bool IsStartedByServer => _start.IsByServer;

    /// <summary>
    /// The agent's state as the log has it; null when it has none. Reads the store only when there is a newer one than the last time.
    /// Errors of the store are thrown.
    /// </summary>
    public async ValueTask<string?> ReadAgentStateAsync(CancellationToken cancellationToken)
    {
        var head = Log.Head;
        if (_agentState is { } shown && shown.Head == head)
        {
            return shown.Name;
        }

        var name = await _loop.NewestState.ReadAsync(Log, cancellationToken);
        _agentState = new ShownAgentState(head, name);
        return name;
    }

    /// <summary>Called once, by the loop.</summary>
    public async Task DisposeBackendAsync()
    {
        await _start.Ended;
        await _backend.DisposeAsync();
    }

    /// <summary>Runs the session until it closes. Called once, by the registry.</summary>
    public Task RunAsync() => _loop.RunAsync();

    /// <summary>Complete when the session has closed and the conversation can be opened anew.</summary>
    public Task Completion => _completion.Task;

    /// <summary>
    /// Complete when the log gets no more events from this session: every command that was taken is done. Its agent may still be ending.
    /// </summary>
    public Task LogClosed => _logClosed.Task;

    /// <summary>Called once, by the loop.</summary>
    public void CloseLog() => _logClosed.TrySetResult();

    /// <summary>Called once, by the registry, when it has let go of the session.</summary>
    public void Complete()
    {
        // Also when the loop has failed.
        _logClosed.TrySetResult();
        _completion.TrySetResult();
    }

    /// <summary>
    /// No command is taken from now on, and nobody can acquire the session. False when that was so already, or when it would be closed as
    /// idle while somebody holds it.
    /// </summary>
    public bool TryStopAcquiring(SessionCloseReason reason)
    {
        var isFirst = reason is SessionCloseReason.Idle
            ? Interlocked.CompareExchange(ref _leases, Closed, 0) == 0
            : Interlocked.Exchange(ref _leases, Closed) >= 0;
        if (!isFirst)
        {
            return false;
        }

        _closedFor = (int)reason;
        _commands.Writer.TryComplete();
        return true;
    }

    /// <summary>
    /// Posts without waiting: when the channel is full the write keeps its place in the order. After the end it does nothing.
    /// </summary>
    public void Post(SessionCommand command)
    {
        if (!_commands.Writer.TryWrite(command))
        {
            _ = PostLateAsync(command);
        }
    }

    /// <summary>
    /// A client's action. Completes with null once it is stored or taken by the backend, else with what the client is told.
    /// </summary>
    public async ValueTask<string?> SubmitAsync(UserAction action, CancellationToken cancellationToken)
    {
        Touch();
        _start.Begin(byServer: false);
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

    public async ValueTask AppendAsync(IReadOnlyList<IEventDraft> drafts, CancellationToken cancellationToken)
    {
        var append = new SessionCommand.AppendAll(drafts);
        await PostAsync(append, cancellationToken);
        await append.Stored.Task;
    }

    public async ValueTask NotifyAsync(JObject transientMessage, CancellationToken cancellationToken) =>
        await PostAsync(new SessionCommand.Notify(transientMessage), cancellationToken);

    public void Close() => Post(new SessionCommand.Close(SessionCloseReason.Deleted));

    // With what a replay asks for before its first page. The store has limits of its own.
    private async Task<EventPage> ReadFirstPageAsync()
    {
        var head = Log.Head;
        await _loop.NewestState.FindAsync(0, head, (fromId, throughId) => Log.ReadAsync(fromId, throughId, CancellationToken.None));
        return await Log.ReadAsync(0, head, CancellationToken.None);
    }

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
            if (command is SessionCommand.Join join && !ClosesFor(SessionCloseReason.ServerShutdown))
            {
                join.Cursor.Abandon();
            }
        }
    }

    private void Touch() => Volatile.Write(ref _lastUsed, _context.TimeProvider.GetTimestamp());

    /// <summary>The state that the log had when its head was this.</summary>
    private sealed record ShownAgentState(int Head, string? Name);
}
