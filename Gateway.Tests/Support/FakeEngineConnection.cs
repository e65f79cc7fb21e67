using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using System.Threading.Channels;

using Gateway.EngineIO;
using Gateway.Primitives;

using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Support;

/// <summary>A session without a client: keeps what is sent, and says how it was closed. Any thread.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle: nothing to dispose.")]
internal sealed class FakeEngineConnection : IEngineConnection
{
    private readonly Channel<EngineMessage> _sent = Channel.CreateUnbounded<EngineMessage>();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<CloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConnectionId Id { get; } = ConnectionId.Next();

    public ConnectionScope Scope => new(Id, []);

    public EngineHandshake Handshake { get; } = new("", new Dictionary<string, string>(), IPAddress.Loopback);

    public ConnectionUsage Usage => new("websocket", TimeSpan.Zero, 0, 0);

    public CancellationToken Closing => _closing.Token;

    /// <summary>What <see cref="WaitForCapacityAsync"/> waits for.</summary>
    public Func<Task> Capacity { get; set; } = static () => Task.CompletedTask;

    public bool IsClosed => _closed.Task.IsCompleted;

    /// <summary>Sizes of the groups that were queued in one call.</summary>
    public List<int> Groups { get; } = [];

    public Task<CloseReason> Closed => _closed.Task.WaitAsync(TestLimits.Step);

    /// <summary>Whether anything is sent that nobody has looked at.</summary>
    public bool HasSent => _sent.Reader.TryPeek(out _);

    public async Task<string> NextAsync() => Encoding.UTF8.GetString((await NextMessageAsync()).Data.Span);

    public Task<EngineMessage> NextMessageAsync() => _sent.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);

    public bool TrySend(EngineMessage message) => TrySend([message]);

    public bool TrySend(ReadOnlySpan<EngineMessage> messages)
    {
        Groups.Add(messages.Length);
        foreach (var message in messages)
        {
            if (IsClosed || !_sent.Writer.TryWrite(message))
            {
                return false;
            }
        }

        return true;
    }

    public int MaxBatch => 16;

    public int MaxBatchBytes => 64 * 1_024;

    /// <summary>It has been told to keep its queue short.</summary>
    public bool IsShared { get; private set; }

    public ValueTask<bool> SendAsync(ReadOnlySpan<EngineMessage> messages, CancellationToken cancellationToken) =>
        SendAsync(messages.ToArray(), Capacity(), cancellationToken);

    public void Close(CloseReason reason)
    {
        if (_closed.TrySetResult(reason))
        {
            _closing.Cancel();
        }
    }

    public void Share() => IsShared = true;

    public void CloseAfterFlush(CloseReason reason, TimeSpan grace) => Close(reason);

    private async ValueTask<bool> SendAsync(EngineMessage[] messages, Task capacity, CancellationToken cancellationToken)
    {
        await capacity.WaitAsync(cancellationToken);
        return TrySend(messages);
    }
}
