using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;


using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using SocketIOClient;
using SocketIOClient.Transport;

// Our own layer's namespace has the library class's name.
using Client = SocketIOClient.SocketIO;

namespace Gateway.Tests.Wire.Clients;

/// <summary>SocketIOClient, the library of V0's C# programs, in this process.</summary>
internal sealed class CSharpClient(TransportProtocol transport) : IWireClient
{
    private readonly Channel<Observation> _seen = Channel.CreateUnbounded<Observation>();
    private Client? _socket;
    private Task _connecting = Task.CompletedTask;

    public ChannelReader<Observation> Seen => _seen.Reader;

    public Task ConnectAsync(Visit visit)
    {
        _socket?.Dispose();
        _socket = new Client(visit.Address, new SocketIOOptions
        {
            Transport = transport,
            Reconnection = false,
            Query = DriverCommands.Query(visit),
            ExtraHeaders = visit.Cookie is { } cookie ? new Dictionary<string, string> { ["Cookie"] = cookie } : null,
            Auth = visit.Token is { } token ? new Dictionary<string, string> { ["token"] = token } : null,
        });
        _socket.OnConnected += (_, _) => Report("connect", transport.ToString());
        _socket.OnError += (_, message) => Report("refused", message);
        _socket.OnDisconnected += (_, reason) => Report("disconnect", reason);
        _socket.On("oh_event", response => Report("event", FirstArgument(response)));
        _connecting = ConnectAsync(_socket);
        return Task.CompletedTask;
    }

    public Task EmitAsync(JObject action, bool wantsAck = false)
    {
        var payload = JsonNode.Parse(action.ToString(Formatting.None));
        var emitting = wantsAck
            ? Socket.EmitAsync("oh_user_action", response => Report("ack", WireJson.Parse(response.ToString())), payload)
            : Socket.EmitAsync("oh_user_action", payload);
        return emitting.WaitAsync(TestLimits.Step);
    }

    public Task LeaveAsync() => Socket.DisconnectAsync().WaitAsync(TestLimits.Step);

    public async ValueTask DisposeAsync()
    {
        _socket?.Dispose();
        await _connecting.WaitAsync(TestLimits.Step);
        _seen.Writer.TryComplete();
    }

    private Client Socket => _socket ?? throw new InvalidOperationException("This client was never told to connect.");

    private static JToken FirstArgument(SocketIOResponse response) => WireJson.Parse(response.ToString()).First ?? JValue.CreateNull();

    // The library waits for CONNECT within the call, so the call runs beside the test.
    private async Task ConnectAsync(Client socket)
    {
        try
        {
            await socket.ConnectAsync();
        }
        catch (Exception exception) when (exception is WebSocketException
            or HttpRequestException
            or TimeoutException
            or OperationCanceledException)
        {
            Report("failed", exception.Message);
        }
    }

    private void Report(string on, JToken value) => _seen.Writer.TryWrite(new Observation(on, value));
}
