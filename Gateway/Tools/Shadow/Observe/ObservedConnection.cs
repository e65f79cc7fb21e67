using Gateway.Tools.Shadow.Forward;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>
/// One forwarded connection, read beside its path: exchanges, and after an upgrade messages. Belongs to the tap's reader.
/// </summary>
internal sealed class ObservedConnection(SessionAssembler sessions, int maxBody) : IDisposable
{
    // Nobody pipelines more; it bounds what waits for an answer.
    private const int MaxPending = 64;

    private readonly ByteQueue _fromClient = new();
    private readonly ByteQueue _fromServer = new();
    private readonly HttpMessageReader _requests = new(ofServer: false, maxBody);
    private readonly HttpMessageReader _answers = new(ofServer: true, maxBody);
    private readonly Queue<HttpMessage> _pending = new();
    private ObservedSocket? _socket;

    /// <summary>Nothing more of it can be read.</summary>
    public bool IsFailed => _requests.IsFailed || _answers.IsFailed || _pending.Count > MaxPending || _socket?.IsFailed == true;

    public bool IsOver { get; private set; }

    public void Take(in TapChunk chunk)
    {
        switch (chunk.Kind)
        {
            case TapKind.FromClient:
                _fromClient.Append(chunk.Bytes);
                break;
            case TapKind.FromServer:
                _fromServer.Append(chunk.Bytes);
                break;
            default:
                End(chunk);
                return;
        }

        Advance(chunk.Time);
    }

    /// <summary>What follows cannot be read, so that what there is of a session is worth nothing.</summary>
    public void Lose(DateTimeOffset time) => _socket?.Lose(time);

    public void Dispose() => _socket?.Dispose();

    private void End(in TapChunk chunk)
    {
        if (chunk.Kind == TapKind.ServerEnd && _pending.Count > 0 && _answers.End() is { } last)
        {
            sessions.Exchanged(_pending.Dequeue(), last, chunk.Time);
        }

        IsOver |= chunk.Kind == TapKind.ServerEnd || _socket is not null;
        _socket?.End(chunk.Time, byClient: chunk.Kind == TapKind.ClientEnd);
    }

    private void Advance(DateTimeOffset time)
    {
        while (_socket is null && !IsFailed)
        {
            // Behind a request for an upgrade stands what is HTTP no more, if it is granted.
            if (!(_pending.TryPeek(out var first) && first.IsWebSocket)
                && _requests.TryRead(_fromClient, time) is { } request)
            {
                _pending.Enqueue(request);
                continue;
            }

            if (_pending.Count == 0 || _answers.TryRead(_fromServer, time, _pending.Peek().First == "HEAD") is not { } answer)
            {
                return;
            }

            Answered(answer, time);
        }

        _socket?.Read(_fromClient, _fromServer, time);
    }

    private void Answered(HttpMessage answer, DateTimeOffset time)
    {
        if (answer.Status is >= 100 and < 200 and not 101)
        {
            return;
        }

        var request = _pending.Dequeue();
        if (answer.Status == 101)
        {
            _socket = new ObservedSocket(sessions, sessions.SocketOpened(request, time), answer, maxBody);
            return;
        }

        sessions.Exchanged(request, answer, time);
    }
}
