using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>
/// What open conversations hold does not grow with the size of their events: a process with a small heap takes far more of them than it
/// could keep.
/// </summary>
public sealed class HeapLimitTests
{
    private const int Conversations = 50;
    private const int EventsEach = 3;
    private const int EventBytes = 2 * 1_024 * 1_024;

    [Fact]
    public async Task Conversations_WithLargeEvents_FitIntoASmallHeap()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(new()
        {
            ["FILE_STORE_PATH"] = store.Root,
            ["PERMITTED_CORS_ORIGINS"] = "http://localhost",
            ["DOTNET_GCHeapHardLimit"] = "0x19000000", // 400 MiB
        });
        var content = new string('x', EventBytes);
        var clients = new List<RawEngineClient>();
        try
        {
            for (var n = 0; n < Conversations; n++)
            {
                var client = await RawEngineClient.OpenAsync(gateway.Address.Port, "/socket.io/", $"&conversation_id=c{n}");
                clients.Add(client);
                await client.SendTextAsync("40");
                await client.ReadThroughAsync("40{");
            }

            for (var n = 1; n <= EventsEach; n++)
            {
                var emit = $"42{n}[\"oh_user_action\",{{\"action\":\"message\",\"args\":{{\"content\":\"{content}\"}}}}]";
                foreach (var client in clients)
                {
                    await client.SendTextAsync(emit);
                    (await client.ReadThroughAsync($"43{n}"))[^1].Should().Be($"43{n}[]");
                }
            }
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }

        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);
        (await gateway.OutputAsync()).Where(static line => line.Contains(" WARN ") || line.Contains(" ERROR ")).Should().BeEmpty();
    }
}
