using Gateway.EngineIO.Protocol;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>A WebSocket under an observed connection. Belongs to the tap's reader.</summary>
internal sealed class ObservedSocket : IDisposable
{
    /// <summary>The code of a connection that ended without a close frame.</summary>
    public const int Abnormal = 1006;

    private readonly SessionAssembler _sessions;
    private readonly SocketEntry _entry;
    private readonly FrameReader _client;
    private readonly FrameReader _server;

    public ObservedSocket(SessionAssembler sessions, SocketEntry entry, HttpMessage answer, int maxMessage)
    {
        (_sessions, _entry) = (sessions, entry);
        var terms = DeflateTerms.Find(answer.Header("sec-websocket-extensions"));
        _client = Reader(terms?.ClientTakesOver);
        _server = Reader(terms?.ServerTakesOver);

        FrameReader Reader(bool? takesOver) => new(takesOver is { } keeps ? new DeflateDecoder(keeps) : null, maxMessage);
    }

    public bool IsFailed => _client.IsFailed || _server.IsFailed;

    public void Read(ByteQueue fromClient, ByteQueue fromServer, DateTimeOffset time)
    {
        while (_client.TryRead(fromClient, out var message))
        {
            Take(message, fromClient: true, time);
        }

        while (_server.TryRead(fromServer, out var message))
        {
            Take(message, fromClient: false, time);
        }
    }

    /// <summary>The connection is at its end; without a close frame it broke.</summary>
    public void End(DateTimeOffset time, bool byClient) => _sessions.SocketClosed(_entry, time, byClient, Abnormal, "");

    public void Lose(DateTimeOffset time) => _sessions.SocketLost(_entry, time);

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private void Take(SocketMessage message, bool fromClient, DateTimeOffset time)
    {
        if (message.CloseCode is { } code)
        {
            _sessions.SocketClosed(_entry, time, fromClient, code, message.Text);
        }
        else
        {
            _sessions.SocketMessage(_entry, time, fromClient, message.IsBinary, message.Text);
        }
    }
}
