using Gateway.SocketIO;

namespace Gateway.Tests.ConformanceHost;

/// <summary>
/// On connection <c>auth</c> with the handshake's auth payload; <c>message</c> comes back as <c>message-back</c>, and
/// <c>message-with-ack</c> is acknowledged, with the same arguments. Any thread.
/// </summary>
internal sealed class EchoNamespace : INamespaceHandler
{
    // Conformance clients await one message after the other with a listener that they add anew each time, and so miss a message
    // that arrives in the same read as the one before it. Frames that wait together leave together: let the answer go first.
    private static readonly TimeSpan s_afterConnectAnswer = TimeSpan.FromMilliseconds(20);

    public ValueTask<ConnectDecision> ConnectAsync(
        SocketConnection socket, ConnectRequest request, CancellationToken cancellationToken)
    {
        socket.State = request.Auth.IsEmpty ? "[{}]"u8.ToArray() : [(byte)'[', .. request.Auth.Span, (byte)']'];
        return new ValueTask<ConnectDecision>(ConnectDecision.Accepted);
    }

    public void Connected(SocketConnection socket) => _ = EmitAuthAsync(socket);

    public async ValueTask EventAsync(SocketConnection socket, SocketEvent socketEvent)
    {
        switch (socketEvent.Name)
        {
            case "message":
                socket.Emit("message-back", socketEvent.Arguments.Span, socketEvent.Attachments);
                break;

            case "message-with-ack" when socketEvent.Ack is { } ack:
                await ack.SendAsync(socketEvent.Arguments.Span, socketEvent.Attachments);
                break;

            default:
                // Unknown events are ignored, as by every Socket.IO server.
                break;
        }
    }

    public void Disconnected(SocketConnection socket, DisconnectReason reason) => socket.State = null;

    private static async Task EmitAuthAsync(SocketConnection socket)
    {
        await Task.Delay(s_afterConnectAnswer);
        if (socket.State is byte[] auth)
        {
            socket.Emit("auth", auth);
        }
    }
}
