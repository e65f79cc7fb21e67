using System.Globalization;

using FsCheck;
using FsCheck.Fluent;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

namespace Gateway.Tests.Wire;

/// <summary>
/// The one idea, over real sockets: whatever is appended while clients join, are cut off and come back with the last id they
/// saw, each client has seen the log, each id once, in order. Scripts are random; a failing one is shrunk and printed.
/// </summary>
public sealed class CursorPropertyTests
{
    private const int Scripts = 40;

    [Fact]
    public async Task Clients_CutAndReturningAtRandom_SeeTheLogOnceInOrder()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        var count = 0;

        Prop.ForAll(
                ArbMap.Default.ArbFor<byte[]>(),
                script => PlayAsync(host, string.Create(CultureInfo.InvariantCulture, $"script-{count++}"), script))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Scripts).WithEndSize(30));

        store.Conversations().Count.Should().BeGreaterThanOrEqualTo(Scripts);
    }

    private static async Task PlayAsync(GatewayHost host, string conversation, byte[] script)
    {
        await using var writer = new ReturningClient(() => host.Address, conversation, new HandWrittenClient([]));
        await using var onSocket = new ReturningClient(() => host.Address, conversation, new HandWrittenClient([]));
        await using var onPolling = new ReturningClient(() => host.Address, conversation, new PollingClient());
        await writer.ToggleAsync();
        var appended = 0;
        foreach (var step in script)
        {
            switch (step % 4)
            {
                case 0:
                    for (var i = 0; i <= step / 4; i++)
                    {
                        await writer.EmitAsync((appended++).ToString(CultureInfo.InvariantCulture));
                    }

                    break;
                case 1:
                    await onSocket.ToggleAsync();
                    break;
                case 2:
                    await onPolling.ToggleAsync();
                    break;
                default:
                    // All is stored now: who comes next is given it by replay.
                    await writer.ReadToAsync(appended);
                    break;
            }
        }

        var expected = Enumerable.Range(0, appended).ToArray();
        foreach (var reader in new[] { writer, onSocket, onPolling })
        {
            await reader.ReadToAsync(appended);
            reader.Seen.Should().Equal(expected);
        }
    }
}
