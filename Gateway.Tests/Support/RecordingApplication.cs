using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;

using Gateway.EngineIO;

namespace Gateway.Tests.Support;

/// <summary>The layer above Engine.IO in tests: remembers what it is told, and echoes if it is told to. Any thread.</summary>
internal sealed class RecordingApplication(bool echo = false, Func<IEngineConnection, EngineMessage, ValueTask>? onMessage = null)
    : IEngineApplication
{
    private readonly Channel<RecordedSession> _opened = Channel.CreateUnbounded<RecordedSession>();

    public ConcurrentBag<RecordedSession> Sessions { get; } = [];

    /// <summary>The next session that opens.</summary>
    public Task<RecordedSession> NextAsync() => _opened.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);

    public IEngineReceiver Open(IEngineConnection connection)
    {
        var session = new RecordedSession(connection, echo, onMessage);
        Sessions.Add(session);
        _opened.Writer.TryWrite(session);
        return session;
    }
}

/// <summary>What one session received and how it ended. Any thread.</summary>
internal sealed class RecordedSession(IEngineConnection connection, bool echo, Func<IEngineConnection, EngineMessage, ValueTask>? onMessage)
    : IEngineReceiver
{
    private readonly Channel<(string Text, bool IsBinary)> _received = Channel.CreateUnbounded<(string, bool)>();
    private readonly TaskCompletionSource<CloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;

    public IEngineConnection Connection { get; } = connection;

    /// <summary>A call came while another was under way, or after the end.</summary>
    public bool Overlapped { get; private set; }

    public Task<CloseReason> Closed => _closed.Task.WaitAsync(TestLimits.Step);

    public async Task<string> NextAsync() => (await NextMessageAsync()).Text;

    public Task<(string Text, bool IsBinary)> NextMessageAsync() => _received.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);

    public async ValueTask ReceiveAsync(EngineMessage message)
    {
        Overlapped |= Interlocked.Increment(ref _inside) != 1 || _closed.Task.IsCompleted;
        _received.Writer.TryWrite((Encoding.UTF8.GetString(message.Data.Span), message.IsBinary));
        if (echo)
        {
            Connection.TrySend(new EngineMessage(message.Data.ToArray(), message.IsBinary));
        }

        try
        {
            await (onMessage?.Invoke(Connection, message) ?? ValueTask.CompletedTask);
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    void IEngineReceiver.Closed(CloseReason reason)
    {
        Overlapped |= _inside != 0;
        Overlapped |= !_closed.TrySetResult(reason);
        _received.Writer.TryComplete();
    }

    public ValueTask<bool> SendAsync(string text) =>
        Connection.SendAsync([new EngineMessage(Encoding.UTF8.GetBytes(text))], CancellationToken.None);

    public bool Send(string text) => Connection.TrySend(new EngineMessage(Encoding.UTF8.GetBytes(text)));
}
