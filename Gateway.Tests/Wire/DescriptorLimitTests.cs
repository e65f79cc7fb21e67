using System.Net;
using System.Net.Sockets;

using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>The program in a process that may have few file descriptors, with more clients than that.</summary>
public class DescriptorLimitTests
{
    private const int Descriptors = 400;
    private const string SocketPath = "/socket.io/";

    [Fact]
    public async Task MoreClientsThanDescriptors_WarnedOfOnce_OthersServedAndAcceptingGoesOn()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(Descriptors, new()
        {
            ["FILE_STORE_PATH"] = store.Root,

            // What this test is about takes all memory when it goes wrong.
            ["DOTNET_GCHeapHardLimit"] = "0x10000000",
        });
        var port = gateway.Address.Port;
        using var early = await RawEngineClient.OpenAsync(port, SocketPath);

        var crowd = new List<Socket>();
        for (var i = 0; i < 2 * Descriptors; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            crowd.Add(socket);
            await ConnectAsync(socket, port);
        }

        // The last one has been accepted, and closed: nothing waits to be accepted any more.
        (await IsClosedAsync(crowd[^1])).Should().BeTrue();
        await early.SendFrameAsync(RawEngineClient.Ping, "still there"u8.ToArray());
        (await early.ReadFrameAsync()).Opcode.Should().Be(RawEngineClient.Pong);

        crowd.ForEach(static socket => socket.Dispose());
        using var late = await OpenAsync(port);
        await late.SendFrameAsync(RawEngineClient.Ping, "new"u8.ToArray());
        (await late.ReadFrameAsync()).Opcode.Should().Be(RawEngineClient.Pong);

        await gateway.TerminateAsync();
        var lines = await gateway.OutputAsync();
        lines.Where(static line => line.Contains("Out of file descriptors", StringComparison.Ordinal)).Should().ContainSingle();
    }

    private static async Task ConnectAsync(Socket socket, int port)
    {
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(TestLimits.Step);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed before this side has seen that it was connected.
        }
    }

    private static async Task<bool> IsClosedAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1]).WaitAsync(TestLimits.Step) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>The server needs a moment to close what its clients have left.</summary>
    private static async Task<RawEngineClient> OpenAsync(int port) =>
        (await Eventually.GetAsync(() => TryOpenAsync(port), static client => client is not null, "a client is let in"))!;

    private static async Task<RawEngineClient?> TryOpenAsync(int port)
    {
        try
        {
            return await RawEngineClient.OpenAsync(port, SocketPath);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return null;
        }
    }
}
