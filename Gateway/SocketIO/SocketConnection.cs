using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

using Gateway.EngineIO;
using Gateway.Primitives;
using Gateway.SocketIO.Acks;
using Gateway.SocketIO.Namespaces;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO;

/// <summary>
/// One client in one namespace: what the JavaScript server calls a Socket. Events to it, acknowledgements, its rooms, and its end. Every
/// member may be called from any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle: nothing to dispose.")]
internal sealed class SocketConnection
{
    private const string SidAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const int SidLength = 20;

    // More than the connection asks for in one call.
    private const int LargestGroup = 16;

    private readonly SocketNamespace _namespace;
    private readonly IEngineConnection _connection;
    private readonly SocketDispatcher _dispatcher;
    private readonly CancellationTokenSource _closing = new();
    private AckTable? _acks;
    private bool _hasLeft;

    internal SocketConnection(SocketNamespace socketNamespace, IEngineConnection connection, SocketDispatcher dispatcher)
    {
        _namespace = socketNamespace;
        _connection = connection;
        _dispatcher = dispatcher;
        Id = RandomNumberGenerator.GetString(SidAlphabet, SidLength);
    }

    /// <summary>The Socket.IO sid that the CONNECT answer names: 20 characters, other than the Engine.IO sid.</summary>
    public string Id { get; }

    public ConnectionId ConnectionId => _connection.Id;

    /// <summary>What carries it, with the sockets of other namespaces.</summary>
    public IEngineConnection Connection => _connection;

    /// <summary>What log lines about the socket carry.</summary>
    public ConnectionScope Scope => _namespace.ScopeIn(_connection.Scope);

    /// <summary>The name of its namespace.</summary>
    public string NamespaceName => _namespace.Name;

    public SocketHandshake Handshake => new(_connection.Handshake);

    /// <summary>Cancelled when the socket leaves the namespace or its connection ends.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>For the layer above: what it knows of this socket. Set in <c>ConnectAsync</c>, read in the calls that follow it.</summary>
    public object? State { get; set; }

    internal bool HasLeft => Volatile.Read(ref _hasLeft);

    /// <summary>Of its connection.</summary>
    internal PacketEncoding Encoding => _dispatcher.Encoding;

    private PacketWriter Writer => _dispatcher.Writer;

    /// <summary>
    /// Queues an event, for a sender that cannot wait. False when the socket has left, or its client did not read: a full outbound queue
    /// closes the connection.
    /// </summary>
    public bool TrySend(PreparedEvent prepared) => CountSent(!HasLeft && _connection.TrySend(Writer.Prepared(prepared)));

    /// <summary>
    /// Its events are written as prepared events are: for the main namespace, as text. A batch made for one such socket is for all of them.
    /// </summary>
    public bool TakesMainForm => Writer is TextPacketWriter { NamespaceName: SocketPacketCodec.MainNamespace };

    /// <summary>A batch of events for this socket alone.</summary>
    public PreparedEventBatch CreateBatch(string eventName) => new(Writer.FrameOf(eventName));

    /// <summary>
    /// Queues events in order, waiting for capacity in the outbound queue: for a sender that can wait. False when the socket has left.
    /// Several callers may wait; their events may stand between one another.
    /// </summary>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<PreparedEvent> events, CancellationToken cancellationToken)
    {
        using var linked = cancellationToken == _closing.Token
            ? null
            : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            while (!events.IsEmpty)
            {
                // A group that still waits when the socket leaves is not sent.
                var count = CountGroup(events.Span);
                if (HasLeft || !await SendGroupAsync(events.Span[..count], linked?.Token ?? cancellationToken))
                {
                    return false;
                }

                _dispatcher.EventsSent(count);
                events = events[count..];
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The socket has left.
        }

        return !HasLeft;
    }

    /// <summary>
    /// Emits an event (<c>42["name",…]</c>), for a sender that cannot wait. False when the socket has left, or its client did not read: a
    /// full outbound queue closes the connection.
    /// </summary>
    /// <param name="arguments">A JSON array in UTF-8.</param>
    public bool Emit(string eventName, ReadOnlySpan<byte> arguments) => Emit(eventName, arguments, []);

    /// <summary>As a BINARY_EVENT with attachments, which must never change again; placeholders in the arguments stand for them.</summary>
    public bool Emit(string eventName, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        TrySend(Writer.Event(eventName, arguments, attachments, ackId: null));

    /// <summary>
    /// Emits an event when the outbound queue has capacity, behind those that wait already. False when the socket has left. Throws only
    /// when the caller's token fires.
    /// </summary>
    /// <param name="arguments">A JSON array in UTF-8 with placeholders for the attachments.</param>
    public ValueTask<bool> EmitAsync(
        string eventName,
        ReadOnlySpan<byte> arguments,
        IReadOnlyList<ReadOnlyMemory<byte>> attachments,
        CancellationToken cancellationToken) =>
        SendEventAsync(Writer.Event(eventName, arguments, attachments, ackId: null), cancellationToken);

    /// <summary>
    /// Emits an event that asks for an acknowledgement, when the outbound queue has capacity, and waits for the answer; the time-out counts
    /// from the call. Throws only when the caller's token fires.
    /// </summary>
    public Task<AckResult> EmitWithAckAsync(
        string eventName,
        ReadOnlyMemory<byte> arguments,
        IReadOnlyList<ReadOnlyMemory<byte>> attachments,
        TimeSpan timeout,
        CancellationToken cancellationToken) =>
        Acks.AskAsync(
            id => SendEventAsync(Writer.Event(eventName, arguments.Span, attachments, id), Closing), timeout, cancellationToken);

    /// <summary>
    /// Enters a room of this namespace (<see cref="SocketNamespace.To"/> emits to one); all are left when the socket disconnects. Unlike
    /// the JavaScript server this one makes no room for each socket.
    /// </summary>
    public void Join(string room) => _namespace.Rooms.Join(this, room);

    public void Leave(string room) => _namespace.Rooms.Leave(this, room);

    /// <summary>Sends DISCONNECT (<c>41</c>) after what is queued, and ends the connection when it carries no other namespace.</summary>
    public void Disconnect() => _dispatcher.Disconnect(DisconnectReason.ServerDisconnect);

    /// <summary>
    /// Closes the connection, because its client may not be here any more. Unlike after <see cref="Disconnect"/>, a client that reconnects
    /// by itself does so: its next CONNECT is decided anew, and tells it why where it is refused. A dynamic namespace alone is left, by
    /// DISCONNECT: whether its client may be in the others is decided for each of them.
    /// </summary>
    public void EndAccess()
    {
        if (_namespace.IsDynamic)
        {
            _dispatcher.Disconnect(DisconnectReason.AccessEnded);
        }
        else
        {
            _connection.Close(CloseReason.AccessEnded);
        }
    }

    /// <summary>The messages of one event.</summary>
    internal bool TrySend(ReadOnlySpan<EngineMessage> messages) => CountSent(!HasLeft && _connection.TrySend(messages));

    internal ValueTask<bool> SendAckAsync(long id, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        SendInTurnAsync(Writer.Ack(id, arguments, attachments), Closing);

    internal bool TryAnswer(long ackId, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        Volatile.Read(ref _acks)?.TryAnswer(ackId, arguments, attachments) ?? false;

    /// <summary>From here on nothing is sent, joined or awaited. The dispatcher calls, once.</summary>
    internal void EndMembership()
    {
        // A full fence: who asks for an acknowledgement publishes the table first and looks at this flag afterwards.
        Interlocked.Exchange(ref _hasLeft, true);
        _namespace.Rooms.LeaveAll(this);
        Volatile.Read(ref _acks)?.Close();

        // Off this thread: callbacks run code of the layers above.
        _ = _closing.CancelAsync();
    }

    private AckTable Acks
    {
        get
        {
            var acks = Volatile.Read(ref _acks);
            if (acks is not null)
            {
                return acks;
            }

            var created = new AckTable(_dispatcher.TimeProvider);
            return Interlocked.CompareExchange(ref _acks, created, null) ?? created;
        }
    }

    private bool CountSent(bool isSent)
    {
        if (isSent)
        {
            _dispatcher.EventsSent(1);
        }

        return isSent;
    }

    private async ValueTask<bool> SendEventAsync(EngineMessage[] messages, CancellationToken cancellationToken) =>
        CountSent(await SendInTurnAsync(messages, cancellationToken));

    // The messages of one packet. They are not sent when the socket leaves while they wait.
    private async ValueTask<bool> SendInTurnAsync(EngineMessage[] messages, CancellationToken cancellationToken)
    {
        using var linked = cancellationToken == _closing.Token || !cancellationToken.CanBeCanceled
            ? null
            : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            return !HasLeft && await _connection.SendAsync(messages, linked?.Token ?? _closing.Token);
        }
        catch (OperationCanceledException) when (linked is null || !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private int CountGroup(ReadOnlySpan<PreparedEvent> events)
    {
        var most = Math.Min(events.Length, Math.Min(LargestGroup, _connection.MaxBatch));
        var mostBytes = _connection.MaxBatchBytes;
        var bytes = 0;
        var count = 0;
        while (count < most && bytes < mostBytes)
        {
            bytes += events[count++].Packet.Length;
        }

        return count;
    }

    private ValueTask<bool> SendGroupAsync(ReadOnlySpan<PreparedEvent> events, CancellationToken cancellationToken)
    {
        var group = new MessageGroup();
        var writer = Writer;
        for (var i = 0; i < events.Length; i++)
        {
            group[i] = writer.Prepared(events[i]);
        }

        return _connection.SendAsync(group[..events.Length], cancellationToken);
    }

    [InlineArray(LargestGroup)]
    private struct MessageGroup
    {
        private EngineMessage _first;
    }
}
