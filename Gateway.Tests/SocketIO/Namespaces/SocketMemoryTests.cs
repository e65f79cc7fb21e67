using Gateway.EngineIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

[Collection(MeasuredAlone.Name)]
public sealed class SocketMemoryTests : IDisposable
{
    private readonly SocketHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Client_WhileIdle_HoldsFewHundredBytes()
    {
        const int Clients = 2_000;
        var connection = new FakeEngineConnection();
        var open = new List<IEngineReceiver>(Clients + 1);
        await JoinAsync(connection, open);
        var held = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < Clients; i++)
        {
            await JoinAsync(connection, open);
        }

        var each = (GC.GetTotalMemory(forceFullCollection: true) - held) / Clients;
        GC.KeepAlive(open);
        each.Should().BeLessThan(1_024);
    }

    private async Task JoinAsync(FakeEngineConnection connection, List<IEngineReceiver> open)
    {
        var receiver = _harness.Server.Open(connection);
        open.Add(receiver);
        await receiver.ReceiveAsync(new EngineMessage("0"u8.ToArray()));
        await connection.NextAsync();
        await _harness.Handler.NextAsync();
        await _harness.Handler.NextSocketAsync();
    }
}
