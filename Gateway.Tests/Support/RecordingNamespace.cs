using System.Text;
using System.Threading.Channels;

using Gateway.SocketIO;

namespace Gateway.Tests.Support;

/// <summary>A namespace's handler that notes its calls, and does what a test tells it to. Any thread.</summary>
internal sealed class RecordingNamespace : INamespaceHandler
{
    private readonly Channel<string> _notes = Channel.CreateUnbounded<string>();
    private readonly Channel<SocketConnection> _connecting = Channel.CreateUnbounded<SocketConnection>();
    private int _inside;

    public Func<SocketConnection, ConnectRequest, CancellationToken, ValueTask<ConnectDecision>> OnConnect { get; set; } =
        static (_, _, _) => new(ConnectDecision.Accepted);

    public Action<SocketConnection> OnConnected { get; set; } = static _ => { };

    public Func<SocketConnection, SocketEvent, ValueTask> OnEvent { get; set; } = static (_, _) => ValueTask.CompletedTask;

    /// <summary>Two calls for a socket at once. Only for tests with one socket.</summary>
    public bool Overlapped { get; private set; }

    public bool HasNotes => _notes.Reader.TryPeek(out _);

    /// <summary>The next call: <c>connected</c>, <c>name[arguments]</c> or <c>disconnected Reason</c>.</summary>
    public Task<string> NextAsync() => _notes.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);

    /// <summary>The next socket that asks to connect.</summary>
    public Task<SocketConnection> NextSocketAsync() => _connecting.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);

    public async ValueTask<ConnectDecision> ConnectAsync(
        SocketConnection socket, ConnectRequest request, CancellationToken cancellationToken)
    {
        Enter();
        _connecting.Writer.TryWrite(socket);
        try
        {
            return await OnConnect(socket, request, cancellationToken);
        }
        finally
        {
            Leave();
        }
    }

    public void Connected(SocketConnection socket)
    {
        Enter();
        OnConnected(socket);
        Leave("connected");
    }

    public async ValueTask EventAsync(SocketConnection socket, SocketEvent socketEvent)
    {
        Enter();
        try
        {
            await OnEvent(socket, socketEvent);
        }
        finally
        {
            Leave(socketEvent.Name + Encoding.UTF8.GetString(socketEvent.Arguments.Span));
        }
    }

    public void Disconnected(SocketConnection socket, DisconnectReason reason)
    {
        Enter();
        Leave($"disconnected {reason}");
    }

    private void Enter() => Overlapped |= Interlocked.Increment(ref _inside) != 1;

    private void Leave(string? note = null)
    {
        Interlocked.Decrement(ref _inside);
        if (note is not null)
        {
            _notes.Writer.TryWrite(note);
        }
    }
}
