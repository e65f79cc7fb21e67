using System.Net;
using System.Net.Sockets;

using Gateway.Tools.Load.Sockets;

namespace Gateway.Tests.Tools.Load.Sockets;

/// <summary>Both ways to learn which sockets are ready say the same.</summary>
public sealed class ReadinessTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wait_OfASocketPair_TellsWhatIsAskedFor(bool isEpoll)
    {
        using IReadiness readiness = isEpoll ? new EpollReadiness() : new SelectReadiness();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndpoint);
        using var server = listener.AcceptSocket();

        readiness.Wait(TimeSpan.FromMilliseconds(1)).Length.Should().Be(0);
        readiness.Add(client, 7, Interest.Read);
        readiness.Wait(TimeSpan.FromMilliseconds(1)).Length.Should().Be(0, "nothing was sent");
        server.Send("x"u8);
        readiness.Wait(s_limit).ToArray().Should().Equal(new ReadySocket(7, Interest.Read));
        readiness.Wait(s_limit).ToArray().Should().Equal([new ReadySocket(7, Interest.Read)], "it was not read");
        readiness.Change(client, 7, Interest.None);
        readiness.Wait(TimeSpan.FromMilliseconds(1)).Length.Should().Be(0, "nobody asks");
        readiness.Change(client, 7, Interest.Write);
        readiness.Wait(s_limit).ToArray().Should().Equal(new ReadySocket(7, Interest.Write));
        readiness.Remove(client, 7);
        readiness.Wait(TimeSpan.FromMilliseconds(1)).Length.Should().Be(0, "it is not known any more");
    }
}
