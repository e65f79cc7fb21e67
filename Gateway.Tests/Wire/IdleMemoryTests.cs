using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>What a burst made the process take is given back to the system when it has passed.</summary>
public sealed class IdleMemoryTests
{
    private const int Clients = 24;
    private const int MessagesEach = 3;
    private const int MessageBytes = 3 * 1_024 * 1_024;

    [Fact]
    public async Task Burst_HasPassed_MemoryIsGivenBack()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(new()
        {
            ["FILE_STORE_PATH"] = store.Root,
            ["PERMITTED_CORS_ORIGINS"] = "http://localhost",
            ["Operations__IdleMemoryCheck"] = "00:00:02",
            ["Logging__LogLevel__Gateway.Operations"] = "Debug",
        });

        var highest = await BurstAsync(gateway);

        highest.Should().BeGreaterThan(200L * 1_024 * 1_024, "else there was no burst");
        // This one may have come in the burst, in a moment in which no client sent; then another follows.
        await gateway.WaitForLineAsync("Idle: the heap took");
        await Eventually.IsTrueAsync(async () => await gateway.ResidentBytesAsync() < highest / 2, "half of the memory is given back");
    }

    /// <summary>The most memory that was seen while clients emitted large messages at once.</summary>
    private static async Task<long> BurstAsync(GatewayProcess gateway)
    {
        var content = new string('x', MessageBytes);
        var clients = new List<RawEngineClient>();
        var highest = 0L;
        try
        {
            for (var n = 0; n < Clients; n++)
            {
                var client = await RawEngineClient.OpenAsync(gateway.Address.Port, "/socket.io/", $"&conversation_id=c{n}");
                clients.Add(client);
                await client.SendTextAsync("40");
                await client.ReadThroughAsync("40{");
            }

            for (var n = 1; n <= MessagesEach; n++)
            {
                var emit = $"42{n}[\"oh_user_action\",{{\"action\":\"message\",\"args\":{{\"content\":\"{content}\"}}}}]";
                await Task.WhenAll(clients.Select(async client =>
                {
                    await client.SendTextAsync(emit);
                    await client.ReadThroughAsync($"43{n}");
                }));
                highest = Math.Max(highest, await gateway.ResidentBytesAsync());
            }

            return highest;
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }
}
