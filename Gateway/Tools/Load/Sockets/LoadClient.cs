using System.Net.Sockets;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tools.Load.Sockets;

/// <summary>
/// One client of a load: Engine.IO and Socket.IO over one WebSocket, as little of them as a client needs. Between two packets it holds no
/// task, timer or buffer, but the window of a server that compresses. Of a message it looks at the beginning alone. It belongs to its
/// loop's thread.
/// </summary>
internal sealed partial class LoadClient(int number, ILoadClientOwner owner) : IDisposable
{
    /// <summary>So much of a message is shown; the rest is counted.</summary>
    public const int HeadBytes = 1_024;

    /// <summary>The most that is kept of one read for the next.</summary>
    public const int LongestRest = 16 * 1_024;

    private Socket? _socket;
    private SecureChannel? _secure;
    private Interest _interest;

    // What the socket has not taken yet.
    private byte[]? _unsent;
    private bool _isPaused;

    public int Number => number;

    public ClientState State { get; private set; }

    /// <summary>When its last connect was begun.</summary>
    public long StartedAt { get; private set; }

    /// <summary>The id of the last event that it was given; null while there is none.</summary>
    public long? LastEventId { get; set; }

    public void Connect(long now)
    {
        (State, StartedAt) = (ClientState.Connecting, now);
        var endpoint = owner.Server;
        _socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
        try
        {
            owner.Prepare(_socket, number);
            _socket.Connect(endpoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // It is told when the connection is there.
        }
        catch (SocketException exception)
        {
            _interest = Interest.None;
            End($"connect: {exception.Message}");
            return;
        }

        _interest = Interest.Write;
        owner.Poll.Add(_socket, number, _interest);
    }

    /// <summary>Called when the socket can be read or written.</summary>
    public void OnReady(Interest what)
    {
        if (_socket is null)
        {
            return;
        }

        if (State == ClientState.Connecting)
        {
            OnConnected(_socket);
            return;
        }

        if ((what & Interest.Write) != 0 && _unsent is { } unsent)
        {
            _unsent = null;
            SendBytes(unsent);
        }

        if ((what & Interest.Read) == 0 || _isPaused)
        {
            return;
        }

        if (_secure is { } secure)
        {
            secure.OnReadable();
        }
        else
        {
            Read(int.MaxValue);
        }
    }

    /// <summary>Reads no more than so many bytes; for a client that is paused.</summary>
    public void Read(int limit)
    {
        if (_socket is not { } socket)
        {
            return;
        }

        var buffer = owner.Buffer;
        var room = Math.Min(limit, buffer.Length - LongestRest);
        var count = socket.Receive(buffer.AsSpan(LongestRest, room), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return;
        }

        if (error != SocketError.Success || count == 0)
        {
            End(count == 0 && error == SocketError.Success ? "the server closed the connection" : TextOf(error));
            return;
        }

        OnBytes(count);
    }

    /// <summary>Nothing is read of it from now on, but by <see cref="Read"/>.</summary>
    public void Pause()
    {
        _isPaused = true;
        SetInterest(_interest & ~Interest.Read);
    }

    /// <summary>Sends one packet's text. What the socket does not take is kept, and sent when it does.</summary>
    public void Send(ReadOnlySpan<byte> packet) => SendFrame(WebSocketOpcode.Text, packet);

    /// <summary>Goes, as a client does that has had enough.</summary>
    public void Leave()
    {
        if (State == ClientState.Live && _unsent is null)
        {
            ReadOnlySpan<byte> normal = [0x03, 0xE8];
            SendFrame(WebSocketOpcode.Close, normal);
        }

        Forget();
    }

    public void Dispose() => Leave();

    /// <summary>The connection is over; the owner is told why.</summary>
    public void End(string reason)
    {
        if (State == ClientState.Away)
        {
            return;
        }

        var state = State;
        Forget();
        owner.OnEnded(this, state, reason);
    }

    /// <summary>The TLS handshake is done.</summary>
    public void OnSecured()
    {
        State = ClientState.Upgrading;
        SendPlain(owner.RequestOf(this));
    }

    /// <summary>Bytes as they go over the network.</summary>
    public void SendBytes(ReadOnlySpan<byte> bytes)
    {
        if (_socket is not { } socket)
        {
            return;
        }

        if (_unsent is { } before)
        {
            _unsent = [.. before, .. bytes];
            return;
        }

        var sent = socket.Send(bytes, SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            // The read that follows says the same, and is no longer in the middle of something.
            return;
        }

        sent = error == SocketError.Success ? sent : 0;
        _unsent = sent < bytes.Length ? bytes[sent..].ToArray() : null;
        SetInterest(_unsent is null ? _interest & ~Interest.Write : _interest | Interest.Write);
    }

    private void OnConnected(Socket socket)
    {
        if (socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int and not 0 and var code)
        {
            End($"connect: {new SocketException(code).Message}");
            return;
        }

        _isPaused = owner.IsReadLimited;
        SetInterest(Interest.Read);
        if (owner.IsSecure)
        {
            State = ClientState.Securing;
            _secure = new SecureChannel(this, socket, owner);
            _secure.Start();
        }
        else
        {
            OnSecured();
        }
    }

    private void SendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        var buffer = owner.SendBuffer(ClientFrames.MaxHeader + payload.Length);
        SendPlain(buffer.AsSpan(0, ClientFrames.Write(buffer, opcode, payload)));
    }

    private void SendPlain(ReadOnlySpan<byte> bytes)
    {
        if (_secure is { } secure)
        {
            secure.Write(bytes);
        }
        else
        {
            SendBytes(bytes);
        }
    }

    private void SetInterest(Interest interest)
    {
        interest = _isPaused ? interest & ~Interest.Read : interest;
        if (interest != _interest && _socket is { } socket)
        {
            _interest = interest;
            owner.Poll.Change(socket, number, interest);
        }
    }

    private void Forget()
    {
        if (_socket is { } socket)
        {
            if (State != ClientState.Connecting || _interest != Interest.None)
            {
                owner.Poll.Remove(socket, number);
            }

            socket.Dispose();
        }

        _secure?.Dispose();
        _compressed?.Dispose();
        (_socket, _secure, _compressed, _rest, _unsent, _skip, _isPaused) = (null, null, null, null, null, 0, false);
        State = ClientState.Away;
    }

    private static string TextOf(SocketError error) => new SocketException((int)error).Message;
}
