using System.Net.WebSockets;
using System.Text;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>The program is told to end while clients emit as fast as it lets them.</summary>
public sealed class StopUnderLoadTests
{
    private const int Clients = 12;
    private const int Conversations = 4;

    // More than the program stores before the signal comes.
    private const int Many = 4_000;

    [Theory]
    [InlineData("TERM", "none", Many)]
    [InlineData("HUP", "none", Many)]
    [InlineData("TERM", "echo", 4)]
    public async Task Signal_ActionsUnderWay_WhatIsStoredIsAnsweredAndNothingIsAnError(string signal, string agent, int actions)
    {
        using var store = TempStore.Empty();

        // A disk that takes its time for each event: when the signal comes, much has been heard that is not stored yet. Not so much that
        // a slow disk needs more than the time that a stop gives to it.
        await using var gateway = await GatewayProcess.StartListeningAsync(
            new() { ["FILE_STORE_PATH"] = store.Root, ["Storage__Durability"] = "Fsync", ["PERMITTED_CORS_ORIGINS"] = "http://localhost" },
            "--agent", agent, "--Echo:StepDelay", "00:00:00.050", "--SocketIO:MaxQueuedEvents", "32");
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients)
            .Select(n => EmittingClient.JoinAsync(gateway.Address, $"c{n % Conversations}")));

        // When all are in: joining is not what is tested, and a store that syncs each event of others may refuse it for being slow.
        Array.ForEach(clients, client => client.BeginEmitting(actions));
        await Task.WhenAll(clients.Select(static client => client.FirstAck)).WaitAsync(TestLimits.Step);

        await gateway.SignalAsync(signal);
        var acknowledged = await Task.WhenAll(clients.Select(static client => client.EndAsync()));

        (await gateway.ExitAsync()).Should().Be(0);
        (await gateway.OutputAsync()).Where(static line => line.Contains(" WARN ") || line.Contains(" ERROR ")).Should().BeEmpty();
        clients.Select(static client => client.CloseStatus).Distinct().Should().Equal((WebSocketCloseStatus)1012);
        var stored = Enumerable.Range(0, Conversations).SelectMany(n => store.Events($"c{n}").Values)
            .Count(static json => json.Value<string>("source") == "user");
        stored.Should().Be(acknowledged.Sum(), "each stored action is acknowledged, and each acknowledged one is stored");
        Array.ForEach(clients, static client => client.Dispose());
        if (actions == Many)
        {
            acknowledged.Sum().Should().BeLessThan(Clients * Many, "the signal came in the middle");
        }
    }

    /// <summary>
    /// Emits actions that ask for an acknowledgement, and counts those that come. One test owns it; its loops are its own.
    /// </summary>
    private sealed class EmittingClient : IDisposable
    {
        private readonly ClientWebSocket _socket = new();
        private readonly TaskCompletionSource _firstAck = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Task _emitting = Task.CompletedTask;
        private Task<int> _reading = Task.FromResult(0);

        public Task FirstAck => _firstAck.Task;

        public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

        public static async Task<EmittingClient> JoinAsync(Uri address, string conversationId)
        {
            var client = new EmittingClient();
            await client._socket.ConnectAsync(
                new Uri($"ws://{address.Authority}/socket.io/?EIO=4&transport=websocket&conversation_id={conversationId}"),
                CancellationToken.None)
                .WaitAsync(TestLimits.Step);
            await client.SendAsync("40");
            client._reading = client.ReadAsync();
            await client._joined.Task.WaitAsync(TestLimits.Step);
            return client;
        }

        public void BeginEmitting(int actions) => _emitting = EmitAsync(actions);

        /// <summary>When the server has closed: how many actions it has acknowledged.</summary>
        public async Task<int> EndAsync()
        {
            var acknowledged = await _reading.WaitAsync(TestLimits.Step);
            _socket.Abort();
            await _emitting.WaitAsync(TestLimits.Step);
            return acknowledged;
        }

        public void Dispose() => _socket.Dispose();

        private async Task EmitAsync(int actions)
        {
            try
            {
                for (var n = 1; n <= actions; n++)
                {
                    await SendAsync($"42{n}[\"oh_user_action\",{{\"action\":\"message\",\"args\":{{\"content\":\"{n}\"}}}}]");
                }
            }
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The server has gone: what it did not hear is not acknowledged either.
            }
        }

        // Pings are left alone: the test ends before one is due to be answered.
        private async Task<int> ReadAsync()
        {
            var acknowledged = 0;
            var buffer = new byte[256 * 1_024];
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult read;
                do
                {
                    read = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
                    length += read.Count;
                }
                while (!read.EndOfMessage);

                var frame = Encoding.UTF8.GetString(buffer, 0, Math.Min(length, 16));
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    return acknowledged;
                }

                if (frame.StartsWith("40", StringComparison.Ordinal))
                {
                    _joined.TrySetResult();
                }
                else if (frame.StartsWith("44", StringComparison.Ordinal))
                {
                    _joined.TrySetException(new InvalidOperationException(Encoding.UTF8.GetString(buffer, 0, length)));
                }
                else if (frame.StartsWith("43", StringComparison.Ordinal))
                {
                    acknowledged++;
                    _firstAck.TrySetResult();
                }
            }
        }

        private Task SendAsync(string frame) => _socket.SendAsync(
            Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
    }
}
