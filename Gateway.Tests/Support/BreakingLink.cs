using System.Net.Sockets;

namespace Gateway.Tests.Support;

/// <summary>
/// A link to a server that breaks where a test wants it to: before the server hears of a request, or before its client hears of the answer;
/// and that can stall.
/// One test owns it. Any thread.
/// </summary>
internal sealed class BreakingLink : IAsyncDisposable
{
    private const int BufferSize = 64 * 1_024;

    private readonly TcpLink _link;
    private int _losesRequest;
    private int _losesAnswer;
    private int _spoilsAnswer;
    private volatile TaskCompletionSource? _stall;

    private BreakingLink(int targetPort)
    {
        _link = TcpLink.Start(
            "127.0.0.1",
            targetPort,
            (source, target, ct) => CopyAsync(source, target, _ => Interlocked.Exchange(ref _losesRequest, 0) == 1, ct),
            (source, target, ct) => CopyAsync(source, target, IsAnswerLost, ct));
    }

    public int Port => _link.Port;

    /// <summary>Connections are accepted and closed at once, and those that there are end with their next bytes.</summary>
    public bool IsClosed
    {
        get => _link.IsClosed;
        set => _link.IsClosed = value;
    }

    public static BreakingLink Start(int targetPort) => new(targetPort);

    /// <summary>The next bytes of a client are lost, and its connection with them.</summary>
    public void LoseNextRequest() => Volatile.Write(ref _losesRequest, 1);

    /// <summary>The server gets what the client sends; its next bytes are lost, and the connection with them.</summary>
    public void LoseNextAnswer() => Volatile.Write(ref _losesAnswer, 1);

    /// <summary>The server's next bytes arrive as nothing that a server says.</summary>
    public void SpoilNextAnswer() => Volatile.Write(ref _spoilsAnswer, 1);

    /// <summary>Nothing arrives at either end any more, and nobody is told: until <see cref="GoOn"/>, with all that waits.</summary>
    public void Stall() => _stall = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn() => Interlocked.Exchange(ref _stall, null)?.SetResult();

    /// <summary>Every connection that there is breaks.</summary>
    public void CutAll() => _link.Cut();

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private bool IsAnswerLost(Memory<byte> answer)
    {
        if (Interlocked.Exchange(ref _spoilsAnswer, 0) == 1)
        {
            answer.Span.Clear();
        }

        return Interlocked.Exchange(ref _losesAnswer, 0) == 1;
    }

    /// <summary>Ends when the source does, when the bytes are to be lost, or when the link is closed.</summary>
    private async Task CopyAsync(
        NetworkStream source, NetworkStream target, Func<Memory<byte>, bool> isLost, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var read && !isLost(buffer.AsMemory(0, read)) && !IsClosed)
        {
            if (_stall is { } stall)
            {
                await stall.Task.WaitAsync(cancellationToken);
            }

            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
