using System.Net;
using System.Net.Sockets;

using Gateway.Tests.Support;
using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Forward;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>Which side of a forwarded connection is said to have ended it.</summary>
public sealed class ForwardedConnectionTests
{
    private const int Times = 200;

    /// <summary>V0 is quick here: it is played by a thread that waits for nothing else.</summary>
    [Fact]
    public async Task RunAsync_AClientThatEndsWithoutACloseFrame_IsNotV0sDoing()
    {
        using var server = Listen();
        using var front = Listen();
        var counters = new ShadowCounters();
        var queue = new TapQueue(new ShadowSwitch(1), counters, 1024 * 1024, TimeProvider.System);
        var ends = new HashSet<ForwardEnd>();
        var orders = new HashSet<string>();

        for (var time = 0; time < Times; time++)
        {
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(front.LocalEndPoint!);
            var address = new Uri($"http://{server.LocalEndPoint}");
            var running = new ForwardedConnection(await front.AcceptAsync(), address, new WireTap(queue, time), counters)
                .RunAsync(CancellationToken.None);
            var far = await server.AcceptAsync().WaitAsync(TestLimits.Step);
            var resetting = Task.Factory.StartNew(() => ResetAtTheEnd(far), TaskCreationOptions.LongRunning);
            client.Shutdown(SocketShutdown.Send);
            await resetting.WaitAsync(TestLimits.Step);

            ends.Add(await running.WaitAsync(TestLimits.Step));
            orders.Add(string.Join(", ", Read(queue)));
        }

        ends.Should().Equal(ForwardEnd.Ordinary);
        orders.Should().Equal("ClientEnd, ServerEnd");
    }

    private static Socket Listen()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static void ResetAtTheEnd(Socket socket)
    {
        socket.Receive(new byte[1]).Should().Be(0);
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }

    private static IEnumerable<TapKind> Read(TapQueue queue)
    {
        while (queue.Reader.TryRead(out var chunk))
        {
            queue.Release(chunk);
            yield return chunk.Kind;
        }
    }
}
