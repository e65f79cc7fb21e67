using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Threading.Channels;

using Gateway.EngineIO;
using Gateway.Primitives;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Support;

/// <summary>
/// A client without a network: what the server sends is read here, as short texts (<see cref="Packets.Show"/>). It can stop reading,
/// and then its outbound queue has no capacity. Any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle: nothing to dispose.")]
internal sealed class FakeClient : IEngineConnection
{
    private readonly Channel<string> _received = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<CloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource _waits = NewSignal();
    private volatile TaskCompletionSource _reads = NewSignal();
    private IEngineReceiver? _receiver;
    private int _messages;

    public FakeClient(EngineHandshake handshake, bool reads)
    {
        Handshake = handshake;
        Scope = new ConnectionScope(Id, []);
        if (reads)
        {
            _reads.TrySetResult();
        }
    }

    public ConnectionId Id { get; } = ConnectionId.Next();

    public ConnectionScope Scope { get; }

    public EngineHandshake Handshake { get; }

    public ConnectionUsage Usage => new("websocket", TimeSpan.Zero, 0, 0);

    public CancellationToken Closing => _closing.Token;

    /// <summary>Messages that the server has handed over, read or not.</summary>
    public int MessageCount => Volatile.Read(ref _messages);

    /// <summary>The server waits for this client to read.</summary>
    public Task IsWaitedFor => _waits.Task.WaitAsync(TestLimits.Step);

    /// <summary>Why the server ended the connection.</summary>
    public Task<CloseReason> Ended => _closed.Task.WaitAsync(TestLimits.Step);

    public void Attach(IEngineApplication server) => _receiver = server.Open(this);

    public void StartReading() => _reads.TrySetResult();

    public void StopReading()
    {
        _waits = NewSignal();
        _reads = NewSignal();
    }

    /// <summary>Sends a Socket.IO packet.</summary>
    public async Task SendAsync(string packet)
    {
        var receiver = _receiver ?? throw new InvalidOperationException("Not attached.");
        await receiver.ReceiveAsync(new EngineMessage(Encoding.UTF8.GetBytes(packet))).AsTask().WaitAsync(TestLimits.Step);
    }

    /// <summary>Sends an action, and asks for an acknowledgement where <paramref name="ack"/> is given.</summary>
    public Task ActAsync(string json, int? ack = null, string name = "oh_user_action") => SendAsync($"2{ack}[\"{name}\",{json}]");

    /// <summary>The connection breaks.</summary>
    public void Drop() => Close(CloseReason.TransportLost);

    /// <summary>The next packet, shown.</summary>
    public async Task<string> ReadAsync() => Packets.Show(await ReadRawAsync());

    public async Task<string> ReadRawAsync() => await _received.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);

    /// <summary>Everything up to and with <paramref name="last"/>, shown.</summary>
    public async Task<List<string>> ReadThroughAsync(string last)
    {
        var shown = new List<string>();
        do
        {
            shown.Add(await ReadAsync());
        }
        while (shown[^1] != last);
        return shown;
    }

    public bool TrySend(EngineMessage message)
    {
        if (_closing.IsCancellationRequested)
        {
            return false;
        }

        Interlocked.Increment(ref _messages);
        return _received.Writer.TryWrite(Encoding.UTF8.GetString(message.Data.Span));
    }

    public bool TrySend(ReadOnlySpan<EngineMessage> messages)
    {
        var sent = true;
        foreach (var message in messages)
        {
            sent &= TrySend(message);
        }

        return sent;
    }

    public int MaxBatch => 16;

    public int MaxBatchBytes => 64 * 1_024;

    public ValueTask<bool> SendAsync(ReadOnlySpan<EngineMessage> messages, CancellationToken cancellationToken) =>
        SendAsync(messages.ToArray(), cancellationToken);

    public void Close(CloseReason reason)
    {
        if (_closed.TrySetResult(reason))
        {
            _closing.Cancel();
            _receiver?.Closed(reason);
        }
    }

    public void Share()
    {
        // Its queue is as long as the test reads it.
    }

    public void CloseAfterFlush(CloseReason reason, TimeSpan grace) => Close(reason);

    private async ValueTask<bool> SendAsync(EngineMessage[] messages, CancellationToken cancellationToken)
    {
        var reads = _reads.Task;
        if (!reads.IsCompleted)
        {
            _waits.TrySetResult();
            await Task.WhenAny(reads, Task.Delay(Timeout.Infinite, cancellationToken), Task.Delay(Timeout.Infinite, Closing));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return TrySend(messages);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
