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
        const int Measurements = 3;
        var connection = new FakeEngineConnection();
        var open = new List<IEngineReceiver>((Measurements * Clients) + 1);
        await JoinAsync(connection, open);
        var each = new List<long>();
        for (var n = 0; n < Measurements; n++)
        {
            var held = GC.GetTotalMemory(forceFullCollection: true);
            for (var i = 0; i < Clients; i++)
            {
                await JoinAsync(connection, open);
            }

            each.Add((GC.GetTotalMemory(forceFullCollection: true) - held) / Clients);
        }

        GC.KeepAlive(open);

        // What earlier tests have left in the process comes and goes beside it; what a client holds is there each time.
        each.Min().Should().BeLessThan(1_024);
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
