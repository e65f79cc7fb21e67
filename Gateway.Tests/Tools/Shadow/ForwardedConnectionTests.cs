using System.Net;
using System.Net.Sockets;

using Gateway.Tests.Support;
using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Forward;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>Which side of a forwarded connection is said to have ended it.</summary>
public sealed class ForwardedConnectionTests
{
    [Fact]
    public async Task RunAsync_AClientThatEndsWithoutACloseFrame_IsNotedBeforeV0IsTold()
    {
        using var server = Listen();
        using var front = Listen();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var counters = new ShadowCounters();
        var clock = new EndWitness();
        var queue = new TapQueue(new ShadowSwitch(1, static _ => { }), counters, 1024 * 1024, clock);
        await client.ConnectAsync(front.LocalEndPoint!);
        var near = await front.AcceptAsync().WaitAsync(TestLimits.Step);
        var running = new ForwardedConnection(near, new Uri($"http://{server.LocalEndPoint}"), new WireTap(queue, 1), counters)
            .RunAsync(CancellationToken.None);
        using var far = await server.AcceptAsync().WaitAsync(TestLimits.Step);
        clock.Far = far;

        client.Shutdown(SocketShutdown.Send);
        (await far.ReceiveAsync(new byte[1]).WaitAsync(TestLimits.Step)).Should().Be(0);
        far.LingerState = new LingerOption(enable: true, seconds: 0);
        far.Close();

        (await running.WaitAsync(TestLimits.Step)).Should().Be(ForwardEnd.Ordinary);
        clock.WasV0Told.Should().BeFalse("V0 would end its side at once, and seem to have been first");
        Read(queue).Should().Equal(TapKind.ClientEnd, TapKind.ServerEnd);
    }

    private static Socket Listen()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static IEnumerable<TapKind> Read(TapQueue queue)
    {
        while (queue.Reader.TryRead(out var chunk))
        {
            queue.Release(chunk);
            yield return chunk.Kind;
        }
    }

    /// <summary>Asked for the time of the first note, it looks whether V0 has got the end by then. Any thread.</summary>
    private sealed class EndWitness : TimeProvider
    {
        private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(100);

        private volatile Socket? _far;

        public Socket? Far
        {
            set => _far = value;
        }

        public bool? WasV0Told { get; private set; }

        public override DateTimeOffset GetUtcNow()
        {
            WasV0Told ??= _far?.Poll(s_limit, SelectMode.SelectRead);
            return base.GetUtcNow();
        }
    }
}
