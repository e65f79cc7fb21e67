using Gateway.EngineIO;
using Gateway.Primitives;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// One connection and its sockets, one for each namespace. The read path (<see cref="SocketReceiver"/>) connects and finds; dispatchers
/// and timers call from any thread. State is guarded by one lock, which the session's dispatchers share.
/// </summary>
internal sealed partial class SocketSession
{
    // Of the sockets that have left, so many are told from those that were never there: what comes late for them is dropped.
    private const int MostRemembered = 8;

    // CONNECTs that left again while they waited for one at work: a page that thinks better of it a few times, and not a flood.
    private const int MostWithdrawn = 16;

    // In the line about the connection's end.
    private const int MostNamed = 16;

    private static readonly ConnectDecision s_invalidNamespace = ConnectDecision.Refused("Invalid namespace");
    private static readonly ConnectDecision s_tooMany = ConnectDecision.Refused("Too many namespaces on this connection");

    // As V0 answers it. In a namespace that V0 has not, the newer CONNECT counts.
    private static readonly ConnectDecision s_connectedAlready = ConnectDecision.Refused("Unable to connect");

    private readonly Lock _lock = new();
    private readonly IEngineConnection _connection;

    // Only the read path adds; a dispatcher stays when its socket has left, to tell "left" from "never connected".
    private SocketDispatcher[] _dispatchers = [];

    // When the connection ends, unless it is in a namespace then, as a timestamp of the clock. Asking to connect does not move it: who is
    // refused has as long as it had before it asked.
    private long _deadline;
    private CloseReason _deadlineReason;
    private ITimer? _deadlineTimer;
    private bool _wasRefused;
    private bool _hasEnded;

    // In a row. Of the read path.
    private int _withdrawn;

    // For the line about the connection's end. The first belongs to the read path.
    private long _eventsReceived;
    private long _eventsSent;

    public SocketSession(SocketServer server, IEngineConnection connection, ILogger logger)
    {
        Server = server;
        Logger = new ScopedLogger(logger, connection.Scope);
        _connection = connection;
        SetDeadline(server.Options.ConnectTimeout, CloseReason.ConnectTimeout);
    }

    public SocketServer Server { get; }

    public ILogger Logger { get; }

    /// <summary>Of all the connection's packets. The read path sets it before the first CONNECT.</summary>
    public PacketEncoding Encoding { get; set; }

    /// <summary>Of the namespaces that the connection is in, or asks to be in. Any thread.</summary>
    public IEnumerable<SocketConnection> Sockets =>
        Volatile.Read(ref _dispatchers).Where(static dispatcher => dispatcher.IsPresent).Select(static dispatcher => dispatcher.Socket);

    /// <summary>Nothing that arrives from now on is looked at.</summary>
    public bool HasEnded => Volatile.Read(ref _hasEnded);

    public SocketDispatcher? Find(string namespaceName)
    {
        foreach (var dispatcher in Volatile.Read(ref _dispatchers))
        {
            if (dispatcher.Namespace.Name == namespaceName)
            {
                return dispatcher;
            }
        }

        return null;
    }

    /// <summary>
    /// The client sent CONNECT. One connect handler is at work in a namespace, and one CONNECT more may wait for it; of those that wait the
    /// newest counts, unless they are many or one that left has said something by then: such a client is closed. A client library that
    /// leaves before its CONNECT is answered does not say so: in a dynamic namespace another CONNECT says it.
    /// </summary>
    public ValueTask ConnectAsync(string namespaceName, ReadOnlyMemory<byte> auth, EventQueue? preConnectEvents)
    {
        var known = Find(namespaceName);
        if (known is { IsPresent: true, Namespace.IsDynamic: true })
        {
            Leave(namespaceName);
        }

        var predecessor = known;
        _withdrawn = known is { IsPresent: false, IsWaiting: true } ? _withdrawn + 1 : 0;
        if (known is { IsPresent: false, IsWaiting: true } && (_withdrawn > MostWithdrawn || !known.TryWithdraw(out predecessor)))
        {
            preConnectEvents?.Dispose();
            Fail("TooManyConnects", CloseReason.TooManyPackets);
            return ValueTask.CompletedTask;
        }

        var replaced = known ?? FindReplaceable();
        var (refusal, reason) = known is { IsPresent: true } ? (s_connectedAlready, "connected_already")
            : replaced is null && _dispatchers.Length >= Server.Options.MaxNamespaces ? (s_tooMany, "too_many_namespaces")
            : (s_invalidNamespace, "invalid_namespace");
        if (refusal != s_invalidNamespace || Server.Acquire(namespaceName) is not { } target)
        {
            preConnectEvents?.Dispose();
            Server.Metrics.Refused();
            Log.ConnectRefused(Logger, AddressText.Of(_connection.Handshake.RemoteAddress), reason);
            return RefuseAsync(PacketWriter.Create(Encoding, namespaceName), refusal);
        }

        if (target.IsDynamic)
        {
            _connection.Share();
        }

        var dispatcher = new SocketDispatcher(this, target, _connection, _lock);
        if (!dispatcher.TryPrepare(auth.Span, preConnectEvents))
        {
            Fail("InboundBudgetSpent", CloseReason.InboundBudgetSpent);
            return ValueTask.CompletedTask;
        }

        Start(dispatcher, predecessor, replaced);
        return ValueTask.CompletedTask;
    }

    /// <summary>The client sent DISCONNECT.</summary>
    public void Leave(string namespaceName)
    {
        if (Find(namespaceName) is { } dispatcher && dispatcher.Leave(DisconnectReason.ClientDisconnect, out var wasJoined))
        {
            Left(wasJoined);
        }
    }

    /// <summary>We disconnect a socket. While its CONNECT is unanswered, the dispatcher says so after the answer.</summary>
    public void Disconnect(SocketDispatcher dispatcher, DisconnectReason reason)
    {
        if (dispatcher.Leave(reason, out var wasJoined) && wasJoined)
        {
            // Nobody waits for it: it ends with the connection at the latest, and never throws.
            _ = SendDisconnectAsync(dispatcher);
        }
    }

    /// <summary>
    /// DISCONNECT behind what is queued, and the end of the connection when it is in no other namespace. A client that reads nothing has
    /// <see cref="SocketIOOptions.FlushGrace"/> to make place for it.
    /// </summary>
    public async Task SendDisconnectAsync(SocketDispatcher dispatcher)
    {
        var packet = dispatcher.Writer.Disconnect();
        using var limit = new CancellationTokenSource(Server.Options.FlushGrace, Server.TimeProvider);
        var isSent = await TrySendInTurnAsync(packet, limit.Token);
        if (!TryEndUnused())
        {
            // In another namespace, where it may stay: a full queue is its end here.
            _ = isSent || _connection.TrySend(packet);
        }
        else if (isSent)
        {
            _connection.CloseAfterFlush(CloseReason.ServerClosed, Server.Options.FlushGrace);
        }
        else
        {
            _connection.Close(CloseReason.ServerClosed);
        }
    }

    /// <summary>A CONNECT was answered: the connection is no stranger's.</summary>
    public void Accepted() => Left(wasJoined: true);

    /// <summary>
    /// CONNECT_ERROR, where it is due, and after a grace the end of the connection when it is in no other namespace. The grace counts from
    /// the first refusal: asking again does not renew it.
    /// </summary>
    public async ValueTask RefuseAsync(PacketWriter writer, ConnectDecision? due)
    {
        if (due is { RefusalMessage: { } message })
        {
            await TrySendInTurnAsync(writer.ConnectError(message, due.RefusalData.Span), CancellationToken.None);
        }

        lock (_lock)
        {
            if (_wasRefused || IsUsed())
            {
                ArmDeadline();
            }
            else
            {
                _wasRefused = true;
                SetDeadline(Server.Options.RefusalGrace, CloseReason.Refused);
            }
        }
    }

    /// <summary>
    /// Queues a message when the outbound queue has capacity, behind those that wait already. False when the connection has ended, or the
    /// caller's token has fired. A client that reads nothing for the stall limit ends its connection, and with it the wait.
    /// </summary>
    public async ValueTask<bool> TrySendInTurnAsync(EngineMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.SendAsync(new[] { message }, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>The client sent what is no packet, or too much.</summary>
    /// <param name="fault">One of a fixed set of names, for the log and the metrics.</param>
    public void Fail(string fault, CloseReason reason)
    {
        Server.Metrics.Malformed(fault);
        Log.Malformed(Logger, SmallWords.Of(fault));
        End();
        _connection.Close(reason);
    }

    /// <summary>A fault of our own, which its finder has logged.</summary>
    public void Fault()
    {
        End();
        _connection.Close(CloseReason.InternalError);
    }

    /// <summary>Completes when no handler of its sockets is at work.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(Volatile.Read(ref _dispatchers).Select(static dispatcher => dispatcher.WhenIdleAsync()));

    /// <summary>The connection is over; the last thing that the read path says.</summary>
    public void Closed(CloseReason reason)
    {
        End();
        foreach (var dispatcher in _dispatchers)
        {
            dispatcher.Leave(DisconnectReasons.From(reason), out _);
        }

        Server.ConnectionLog.Write(_connection, ScopeAtEnd(), reason, _eventsReceived, Volatile.Read(ref _eventsSent));
    }

    /// <summary>The read path has got an event.</summary>
    public void EventReceived()
    {
        _eventsReceived++;
        Server.Metrics.EventReceived();
    }

    /// <summary>Events for a namespace that the client has not asked to connect to in time were dropped. Any thread.</summary>
    public void DroppedUnconnected()
    {
        Server.Metrics.Malformed("EventsWithoutConnect");
        Log.DroppedUnconnected(Logger, Server.Options.ConnectTimeout);
    }

    /// <summary>Events were queued for the client. Any thread.</summary>
    public void EventsSent(int count)
    {
        Interlocked.Add(ref _eventsSent, count);
        Server.Metrics.EventsSent(count);
    }

    /// <summary>
    /// The one to forget for another, of those whose handler has nothing more to hear: the longest known, when enough are remembered or
    /// there are as many as may be.
    /// </summary>
    private SocketDispatcher? FindReplaceable()
    {
        var over = Array.FindAll(_dispatchers, static dispatcher => dispatcher.IsOver);
        return over.Length >= MostRemembered || _dispatchers.Length >= Server.Options.MaxNamespaces ? over.FirstOrDefault() : null;
    }

    /// <summary>The connection's, with the dynamic namespaces that it has been in as far as they are remembered.</summary>
    private ConnectionScope ScopeAtEnd()
    {
        if (!Array.Exists(_dispatchers, static dispatcher => dispatcher.Namespace.IsDynamic))
        {
            return _connection.Scope;
        }

        var labels = _dispatchers.Select(static dispatcher => dispatcher.Namespace.Label).OfType<KeyValuePair<string, object?>>();
        return labels.GroupBy(static label => label.Key, static label => label.Value).Aggregate(
            _connection.Scope,
            static (scope, group) => scope.With(new(group.Key, string.Join(',', group.Distinct().Take(MostNamed)))));
    }

    private void Start(SocketDispatcher dispatcher, SocketDispatcher? predecessor, SocketDispatcher? replaced)
    {
        lock (_lock)
        {
            // Where the connection ends at this moment, Closed finds the dispatcher and lets it leave.
            _dispatchers = [.. replaced is null ? _dispatchers : Array.FindAll(_dispatchers, other => other != replaced), dispatcher];
            ArmDeadline();
        }

        dispatcher.Start(predecessor);
    }

    // A socket that its namespace had let in starts the time anew; one that was not leaves it as it was.
    private void Left(bool wasJoined)
    {
        lock (_lock)
        {
            if (wasJoined)
            {
                _wasRefused = false;
                SetDeadline(Server.Options.ConnectTimeout, CloseReason.ConnectTimeout);
            }
            else
            {
                ArmDeadline();
            }
        }
    }

    private void SetDeadline(TimeSpan after, CloseReason reason)
    {
        lock (_lock)
        {
            _deadline = Server.TimeProvider.GetTimestamp() + (long)(after.TotalSeconds * Server.TimeProvider.TimestampFrequency);
            _deadlineReason = reason;
            ArmDeadline();
        }
    }

    // Under the lock. One timer for each connection, and none while it is in a namespace or asks to be.
    private void ArmDeadline()
    {
        ClearTimer();
        if (!_hasEnded && !IsUsed())
        {
            var rest = Server.TimeProvider.GetElapsedTime(Server.TimeProvider.GetTimestamp(), _deadline);
            _deadlineTimer = Server.TimeProvider.CreateTimer(
                static state => ((SocketSession)state!).CloseUnused(),
                this,
                rest > TimeSpan.Zero ? rest : TimeSpan.Zero,
                Timeout.InfiniteTimeSpan);
        }
    }

    private void CloseUnused()
    {
        if (TryEndUnused())
        {
            Log.Unused(Logger, SmallWords.Of(_deadlineReason));
            _connection.CloseAfterFlush(_deadlineReason, Server.Options.FlushGrace);
        }
    }

    private bool TryEndUnused()
    {
        lock (_lock)
        {
            if (_hasEnded || IsUsed())
            {
                return false;
            }

            Volatile.Write(ref _hasEnded, true);
            ClearTimer();
            return true;
        }
    }

    private void End()
    {
        lock (_lock)
        {
            Volatile.Write(ref _hasEnded, true);
            ClearTimer();
        }
    }

    // Under the lock.
    private bool IsUsed() => Array.Exists(_dispatchers, static dispatcher => dispatcher.IsPresent);

    private void ClearTimer()
    {
        _deadlineTimer?.Dispose();
        _deadlineTimer = null;
    }
}
