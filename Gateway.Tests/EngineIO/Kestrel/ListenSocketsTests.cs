using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

using Gateway.EngineIO;
using Gateway.EngineIO.Kestrel;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.EngineIO.Kestrel;

public sealed class ListenSocketsTests
{
    /// <summary>
    /// Each program that the process starts has the descriptors of its sockets for the moment before it becomes another one: one of them
    /// would answer in the next process's place.
    /// </summary>
    [Fact]
    public async Task TakenOverAsync_ASocketThatAChildHasStill_IsNobody()
    {
        var clock = new FakeTimeProvider();
        var options = new EngineOptions { HandOverTime = TimeSpan.FromSeconds(5) };
        var listening = new ListenSockets(Options.Create(options), clock, NullLogger<ListenSockets>.Instance);
        var socket = await listening.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Listen, CancellationToken.None);
        using var ofChild = new SafeSocketHandle(Duplicate((int)socket.Handle), ownsHandle: true);

        listening.Close();
        var takenOver = listening.TakenOverAsync(CancellationToken.None);
        clock.Advance(options.HandOverTime);

        (await takenOver.WaitAsync(TestLimits.Step)).Should().BeFalse();
    }

    private static Socket Listen(EndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(address);
        socket.Listen();
        return socket;
    }

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor);
}
