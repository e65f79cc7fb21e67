using System.Net.WebSockets;
using System.Text;

using Gateway.Tests.Support;

namespace Gateway.Tests.Wire.V1;

/// <summary>A gateway that passes V1's routes through, and the server behind it. No key may be in its log. Owned by one test.</summary>
internal sealed class ProxyStage : IAsyncDisposable
{
    public const string GatewayKey = "the-gateways-key";
    public const string V1Key = "the-v1-servers-key";

    private readonly TempStore _store;

    private ProxyStage(ProxiedServer server, GatewayHost host, TempStore store)
    {
        Server = server;
        Host = host;
        _store = store;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = host.Address,
            Timeout = TestLimits.Step,
        };
    }

    public ProxiedServer Server { get; }

    public GatewayHost Host { get; }

    public HttpClient Http { get; }

    /// <summary>Both sides have a key unless the settings say otherwise.</summary>
    public static async Task<ProxyStage> StartAsync(params string[] settings)
    {
        var server = await ProxiedServer.StartAsync();
        var store = TempStore.Empty();
        var host = await GatewayHost.StartAsync(
            store,
            [
                $"V1:BaseUrl={server.Address}", "V1:Proxy=true", $"V1:SessionApiKey={V1Key}", $"SESSION_API_KEY={GatewayKey}",
                "HttpApi:RateLimit=false", .. settings,
            ]);
        return new ProxyStage(server, host, store);
    }

    public async Task<HttpResponseMessage> SendAsync(string method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value).Should().BeTrue();
        }

        return await Http.SendAsync(request);
    }

    /// <summary>Whether the V1 server has answered.</summary>
    public static bool IsFromV1(HttpResponseMessage answer) => answer.Headers.Contains(ProxiedServer.Mark);

    public async Task<ClientWebSocket> OpenAsync(string path, params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        foreach (var (name, value) in headers)
        {
            socket.Options.SetRequestHeader(name, value);
        }

        await socket.ConnectAsync(new Uri($"ws://{Host.Address.Authority}{path}"), CancellationToken.None).WaitAsync(TestLimits.Step);
        return socket;
    }

    public static Task SayAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(TestLimits.Step);

    /// <summary>The next message, whole.</summary>
    public static async Task<string> HearAsync(WebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1_024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(TestLimits.Step);
            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return Encoding.UTF8.GetString(message.ToArray());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        await Server.DisposeAsync();
        _store.Dispose();
        Host.Log.Lines.Should().NotContain(static line => line.Contains(GatewayKey) || line.Contains(V1Key));
    }
}
