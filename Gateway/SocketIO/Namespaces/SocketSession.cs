using Gateway.EngineIO;
using Gateway.Primitives;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// One connection and its sockets, one for each namespace. The read path (<see cref="SocketReceiver"/>) connects and finds; pumps
/// and the timer call from any thread. State is guarded by one lock, which the session's pumps share.
/// </summary>
internal sealed partial class SocketSession
{
    private static readonly ConnectDecision s_invalidNamespace = ConnectDecision.Refused("Invalid namespace");
    private static readonly ConnectDecision s_connectedAlready = ConnectDecision.Refused("Unable to connect");

    private readonly Lock _gate = new();
    private readonly IEngineConnection _connection;

    // Only the read path adds; a pump stays when its socket has left, to tell "left" from "never connected".
    private SocketPump[] _pumps = [];
    private ITimer? _deadline;
    private CloseReason _deadlineReason;
    private bool _hasEnded;

    public SocketSession(SocketServer server, IEngineConnection connection, ILogger logger)
    {
        Server = server;
        Logger = new ScopedLogger(logger, connection.Scope);
        _connection = connection;
        CloseUnlessUsed(server.Options.ConnectTimeout, CloseReason.ConnectTimeout);
    }

    public SocketServer Server { get; }

    public ILogger Logger { get; }

    /// <summary>Nothing that arrives from now on is looked at.</summary>
    public bool HasEnded => Volatile.Read(ref _hasEnded);

    public SocketPump? Find(string namespaceName)
    {
        foreach (var pump in Volatile.Read(ref _pumps))
        {
            if (pump.Namespace.Name == namespaceName)
            {
                return pump;
            }
        }

        return null;
    }

    public void Connect(string namespaceName, ReadOnlyMemory<byte> auth, EventQueue? earlyEvents)
    {
        var known = Find(namespaceName);
        if (Server.Find(namespaceName) is not { } target || IsPresent(known))
        {
            var answer = known is null ? s_invalidNamespace : s_connectedAlready;
            Server.Metrics.Refused();
            Log.ConnectRefused(Logger, answer.RefusalMessage ?? "");
            Refuse(namespaceName, answer);
            return;
        }

        var pump = new SocketPump(this, target, _connection, _gate);
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _pumps = [.. known is null ? _pumps : Array.FindAll(_pumps, other => other != known), pump];
            ClearDeadline();
        }

        // What it owns from here on; the CONNECT's own bytes are the transport's.
        pump.Start(auth.ToArray(), earlyEvents);
    }

    /// <summary>The client sent DISCONNECT.</summary>
    public void Leave(string namespaceName)
    {
        if (Find(namespaceName) is { } pump && pump.Leave(DisconnectReason.ClientDisconnect, out _))
        {
            CloseUnlessUsed(Server.Options.ConnectTimeout, CloseReason.ConnectTimeout);
        }
    }

    /// <summary>We disconnect a socket. While its CONNECT is unanswered, the pump says so after the answer.</summary>
    public void Disconnect(SocketPump pump)
    {
        if (pump.Leave(DisconnectReason.ServerDisconnect, out var wasConnecting) && !wasConnecting)
        {
            SendDisconnect(pump);
        }
    }

    /// <summary>DISCONNECT, and the end of the connection when it is in no other namespace.</summary>
    public void SendDisconnect(SocketPump pump)
    {
        Send(pump.Namespace.EncodeDisconnect());
        if (TryEndUnused())
        {
            _connection.CloseAfterFlush(CloseReason.ServerClosed, Server.Options.FlushGrace);
        }
    }

    /// <summary>CONNECT_ERROR, and after a grace the end of the connection when it is in no other namespace.</summary>
    public void Refuse(string namespaceName, ConnectDecision decision)
    {
        var message = decision.RefusalMessage ?? throw new ArgumentException("Not a refusal.", nameof(decision));
        Send(SocketNamespace.EncodeConnectError(namespaceName, message, decision.RefusalData.Span));
        CloseUnlessUsed(Server.Options.RefusalGrace, CloseReason.Refused);
    }

    public void Send(EngineMessage message) => _connection.TrySend(message);

    /// <summary>The client sent what is no packet, or too much.</summary>
    /// <param name="fault">One of a fixed set of names, for the log and the metrics.</param>
    public void Fail(string fault, CloseReason reason)
    {
        Server.Metrics.Malformed(fault);
        Log.Malformed(Logger, fault);
        End();
        _connection.Close(reason);
    }

    /// <summary>The connection is over; the last thing that the read path says.</summary>
    public void Closed(CloseReason reason)
    {
        End();
        foreach (var pump in _pumps)
        {
            pump.Leave(DisconnectReasons.From(reason), out _);
        }
    }

    private bool IsPresent(SocketPump? pump)
    {
        lock (_gate)
        {
            return pump is { IsPresent: true };
        }
    }

    // One timer for each connection, and none while it is in a namespace.
    private void CloseUnlessUsed(TimeSpan after, CloseReason reason)
    {
        lock (_gate)
        {
            if (_hasEnded || IsUsed())
            {
                return;
            }

            ClearDeadline();
            _deadlineReason = reason;
            _deadline = Server.TimeProvider.CreateTimer(
                static state => ((SocketSession)state!).CloseUnused(), this, after, Timeout.InfiniteTimeSpan);
        }
    }

    private void CloseUnused()
    {
        if (TryEndUnused())
        {
            Log.Unused(Logger, _deadlineReason);
            _connection.CloseAfterFlush(_deadlineReason, Server.Options.FlushGrace);
        }
    }

    private bool TryEndUnused()
    {
        lock (_gate)
        {
            if (_hasEnded || IsUsed())
            {
                return false;
            }

            Volatile.Write(ref _hasEnded, true);
            ClearDeadline();
            return true;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            Volatile.Write(ref _hasEnded, true);
            ClearDeadline();
        }
    }

    // Under the lock.
    private bool IsUsed() => Array.Exists(_pumps, static pump => pump.IsPresent);

    private void ClearDeadline()
    {
        _deadline?.Dispose();
        _deadline = null;
    }
}
