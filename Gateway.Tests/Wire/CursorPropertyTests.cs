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
        await using var writer = new Reader(host, conversation, new HandWrittenClient([]));
        await using var onSocket = new Reader(host, conversation, new HandWrittenClient([]));
        await using var onPolling = new Reader(host, conversation, new PollingClient());
        await writer.ToggleAsync();
        var appended = 0;
        foreach (var step in script)
        {
            switch (step % 4)
            {
                case 0:
                    for (var i = 0; i <= step / 4; i++)
                    {
                        await writer.EmitAsync(appended++);
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
            (await reader.ReadToAsync(appended)).Should().Equal(expected);
        }
    }

    /// <summary>A client that remembers what it saw over all its connections. One at a time.</summary>
    private sealed class Reader(GatewayHost host, string conversation, ICuttableClient client) : IAsyncDisposable
    {
        private readonly List<int> _seen = [];
        private bool _isConnected;

        public Task EmitAsync(int number) => client.EmitAsync(Actions.Message(number.ToString(CultureInfo.InvariantCulture)));

        public async Task ToggleAsync()
        {
            if (_isConnected)
            {
                await client.CutAsync();
                Drain();
            }
            else
            {
                await client.ConnectAsync(new Visit(host.Address, conversation, _seen is [.., var last] ? last : -1));
            }

            _isConnected = !_isConnected;
        }

        public async Task<IReadOnlyList<int>> ReadToAsync(int count)
        {
            if (!_isConnected)
            {
                await ToggleAsync();
            }

            while (_seen.Count < count)
            {
                Note(await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step));
            }

            Drain();
            return _seen;
        }

        public ValueTask DisposeAsync() => client.DisposeAsync();

        private void Drain()
        {
            while (client.Seen.TryRead(out var seen))
            {
                Note(seen);
            }
        }

        private void Note(Observation seen)
        {
            if (seen.On == "event" && WireClientReading.IdOf(seen.Value) is { } id)
            {
                _seen.Add(id);
            }
        }
    }
}
