using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

using Gateway.EngineIO;
using Gateway.Primitives;
using Gateway.SocketIO.Acks;
using Gateway.SocketIO.Namespaces;

namespace Gateway.SocketIO;

/// <summary>One client in one namespace. Every member may be called from any thread.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle: nothing to dispose.")]
internal sealed class SocketConnection
{
    private const string SidAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const int SidLength = 20;

    // A group goes to the connection in one call, when it has said that it has room: few enough to fit into the part of the
    // queue that is then free, and to pass the queue's bound on bytes by no more than this (or by one event).
    private const int GroupEvents = 16;
    private const int GroupBytes = 64 * 1_024;

    private readonly SocketNamespace _namespace;
    private readonly IEngineConnection _connection;
    private readonly SocketPump _pump;
    private readonly CancellationTokenSource _closing = new();
    private AckTable? _acks;
    private bool _hasLeft;

    internal SocketConnection(SocketNamespace socketNamespace, IEngineConnection connection, SocketPump pump)
    {
        _namespace = socketNamespace;
        _connection = connection;
        _pump = pump;
        Id = RandomNumberGenerator.GetString(SidAlphabet, SidLength);
    }

    /// <summary>The Socket.IO sid that the CONNECT answer names: 20 characters, other than the Engine.IO sid.</summary>
    public string Id { get; }

    public ConnectionId ConnectionId => _connection.Id;

    public ConnectionScope Scope => _connection.Scope;

    public SocketHandshake Handshake => new(_connection.Handshake);

    /// <summary>Cancelled when the socket leaves the namespace or its connection ends.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>For the layer above: what it knows of this socket. Set in <c>ConnectAsync</c>, read in the calls that follow it.</summary>
    public object? State { get; set; }

    internal bool HasLeft => Volatile.Read(ref _hasLeft);

    /// <summary>Queues an event; false when the socket is closed, or was closed because its queue was full.</summary>
    public bool TrySend(PreparedEvent prepared)
    {
        _namespace.RequireMain();
        return !HasLeft && _connection.TrySend(new EngineMessage(prepared.Packet));
    }

    /// <summary>
    /// Queues events in order, waiting for room in the outbound queue: for a sender that can wait. False when the socket is closed.
    /// One caller at a time. For the main namespace, as every <see cref="PreparedEvent"/>.
    /// </summary>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<PreparedEvent> events, CancellationToken cancellationToken)
    {
        _namespace.RequireMain();
        while (!events.IsEmpty)
        {
            if (HasLeft || !await _connection.WaitForRoomAsync(cancellationToken))
            {
                return false;
            }

            var queued = TrySendGroup(events.Span);
            if (queued == 0)
            {
                return false;
            }

            events = events[queued..];
        }

        return !HasLeft;
    }

    /// <summary>Queues an event; false when the socket is closed, or was closed because its queue was full.</summary>
    /// <param name="arguments">A JSON array in UTF-8.</param>
    public bool Emit(string eventName, ReadOnlySpan<byte> arguments) => Emit(eventName, arguments, []);

    /// <summary>With attachments, which must never change again; placeholders in the arguments stand for them.</summary>
    public bool Emit(string eventName, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        TrySend(_namespace.EncodeEvent(eventName, arguments, attachments, ackId: null));

    /// <summary>Queues an event that asks for an acknowledgement, and waits for it. Throws only when the caller's token fires.</summary>
    public Task<AckResult> EmitWithAckAsync(
        string eventName,
        ReadOnlyMemory<byte> arguments,
        IReadOnlyList<ReadOnlyMemory<byte>> attachments,
        TimeSpan timeout,
        CancellationToken cancellationToken) =>
        Acks.AskAsync(
            id => TrySend(_namespace.EncodeEvent(eventName, arguments.Span, attachments, id)), timeout, cancellationToken);

    /// <summary>Enters a room of this namespace; it is left when the socket disconnects.</summary>
    public void Join(string room) => _namespace.Rooms.Join(this, room);

    public void Leave(string room) => _namespace.Rooms.Leave(this, room);

    /// <summary>Sends DISCONNECT (<c>41</c>) after what is queued, and ends the connection when it carries no other namespace.</summary>
    public void Disconnect() => _pump.Disconnect();

    internal bool TrySend(ReadOnlySpan<EngineMessage> messages) => !HasLeft && _connection.TrySend(messages);

    internal void SendAck(long id, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        TrySend(_namespace.EncodeAck(id, arguments, attachments));

    internal bool TryAnswer(long ackId, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        Volatile.Read(ref _acks)?.TryAnswer(ackId, arguments, attachments) ?? false;

    /// <summary>From here on nothing is sent, joined or awaited. Called once, by the pump.</summary>
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

            var created = new AckTable(_pump.TimeProvider);
            return Interlocked.CompareExchange(ref _acks, created, null) ?? created;
        }
    }

    // How many of the events were queued; none when the socket is closed.
    private int TrySendGroup(ReadOnlySpan<PreparedEvent> events)
    {
        var group = new MessageGroup();
        var count = 0;
        var bytes = 0;
        while (count < events.Length && count < GroupEvents && bytes < GroupBytes)
        {
            var packet = events[count].Packet;
            group[count++] = new EngineMessage(packet);
            bytes += packet.Length;
        }

        return TrySend(group[..count]) ? count : 0;
    }

    [InlineArray(GroupEvents)]
    private struct MessageGroup
    {
        private EngineMessage _first;
    }
}
