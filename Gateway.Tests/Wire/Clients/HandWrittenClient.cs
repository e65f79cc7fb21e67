using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// A bare WebSocket with Engine.IO and Socket.IO by hand, as V0's command line and a Vue client have it: CONNECT goes out when
/// the open packet comes, what <paramref name="afterConnect"/> names goes out with it without waiting, and a ping is answered.
/// </summary>
internal sealed class HandWrittenClient(IReadOnlyList<string> afterConnect) : ICuttableClient
{
    private readonly Channel<Observation> _seen = Channel.CreateUnbounded<Observation>();
    private ClientWebSocket _socket = new();
    private Task _reading = Task.CompletedTask;

    public ChannelReader<Observation> Seen => _seen.Reader;

    public async Task ConnectAsync(Visit visit)
    {
        _socket.Dispose();
        _socket = new ClientWebSocket();
        var address = new UriBuilder(DriverCommands.AddressWithQuery(visit, "/socket.io/")
            + "&EIO=4&transport=websocket")
        { Scheme = "ws" };
        await _socket.ConnectAsync(address.Uri, CancellationToken.None).WaitAsync(TestLimits.Step);
        _reading = ReadAsync(_socket);
    }

    public Task EmitAsync(JObject action, bool wantsAck = false) =>
        SendAsync(_socket, $"42{(wantsAck ? "7" : "")}[\"oh_user_action\",{action.ToString(Formatting.None)}]");

    public async Task LeaveAsync()
    {
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(TestLimits.Step);
        await _reading.WaitAsync(TestLimits.Step);
    }

    public async Task CutAsync()
    {
        _socket.Abort();
        await _reading.WaitAsync(TestLimits.Step);
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        _socket.Dispose();
        _seen.Writer.TryComplete();
    }

    private static Task SendAsync(ClientWebSocket socket, string frame) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None)
            .WaitAsync(TestLimits.Step);

    private async Task ReadAsync(ClientWebSocket socket)
    {
        try
        {
            while (await socket.ReadMessageAsync() is { } frame)
            {
                await HandleAsync(socket, frame);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // The connection broke, or the test is over: for this client that is a disconnect like any other.
        }

        Report(new Observation("disconnect", socket.CloseStatusDescription ?? ""));
    }

    private async Task HandleAsync(ClientWebSocket socket, string frame)
    {
        switch (frame)
        {
            case ['0', ..]:
                await SendAsync(socket, "40");
                foreach (var early in afterConnect)
                {
                    await SendAsync(socket, early);
                }

                break;
            case "2":
                await SendAsync(socket, "3");
                break;
            default:
                Report(Observation.OfPacket(frame, "websocket"));
                break;
        }
    }

    private void Report(Observation? observation)
    {
        if (observation is not null)
        {
            _seen.Writer.TryWrite(observation);
        }
    }
}
